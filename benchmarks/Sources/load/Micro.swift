import ArgumentParser
import MartletCore

/// What single steps cost, without a server.
struct Micro: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Single steps: nanoseconds of CPU, allocations and their bytes.",
        discussion: """
            Each step is done again and again in this process; what all its threads use counts. \
            Allocations are counted in a run of their own.
            """
    )

    @Option(help: "Milliseconds for each of the runs of a step.") var milliseconds = 200
    @Option(help: "Runs of each step.") var runs = 5
    @Option(help: "Only steps whose name holds this, for a profiler.") var only: String?

    func run() async throws {
        let stopwatch = Stopwatch(milliseconds: milliseconds, runs: runs)
        var report = Report("micro", [:], nil)
        for make in [Self.text, Self.xml, Self.scram, Self.tls] {
            for step in try make() where isWanted(step.name) {
                report.add(step.name, try stopwatch.measure(step))
            }
        }
        if isWanted(Passage.name) {
            report.add(Passage.name, try await Passage.measure(stopwatch))
        }
        if isWanted(StoreBench.name) {
            for (name, cost) in try await StoreBench.measure(stopwatch) { report.add(name, cost) }
        }
        report.show()
    }

    private func isWanted(_ name: String) -> Bool { only.map(name.contains) ?? true }

    static let address = "juliet@capulet.example/balcony"
    static let message = """
        <message to='\(address)' type='chat' id='load'>\
        <body>Soft, what light! Soft, what light! Soft, what light! Soft, what</body></message>
        """
}

extension Report {
    fileprivate mutating func add(_ name: String, _ cost: StepCost) {
        figure(name, cost.nanoseconds, "ns", digits: 0)
        figure("\(name): allocations", cost.allocations, "", digits: 1)
        figure("\(name): allocated", cost.bytes, "bytes", digits: 0)
    }
}
