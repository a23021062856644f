import ArgumentParser

/// Clients that are there and say nothing.
struct Idle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Idle connections: KiB of the server for each.",
        discussion: """
            Each is logged in and bound, has sent a presence and a message to itself, and has got both. \
            The difference is taken from where the first few had done the same.
            """
    )

    @OptionGroup var target: TargetOptions
    @OptionGroup var processes: ProcessOptions
    @Option(help: "Connections to measure.") var connections = 5_000
    @Option(help: "Connections before them, which load what the server loads once.") var first = 100
    @Option(help: "Seconds of quiet before memory is read.") var settling = 2.0

    func run() async throws {
        let target = try await target.open()
        defer { target.close() }
        try await measure(target).show()
    }

    func measure(_ target: Target) async throws -> Report {
        let processes = processes.count(for: connections + first, beside: 0)
        let crowd = try Crowd(target, self.target, processes: processes)
        let before = try await resident(with: first, crowd, target)
        let reading = Reading(target.meter)
        let after = try await resident(with: connections, crowd, target)
        let working = Span(before: reading, after: Reading(target.meter))
        let quiet = try await target.watch(settling)
        await crowd.leave()
        var report = Report("idle", ["connections": "\(connections)"], target)
        let count = Double(connections)
        if processes > 0 { report.text("generator", "\(processes) processes hold them") }
        report.figure("KiB per connection", (after - before) / count, "KiB")
        report.figure("the server before", before / 1024, "MiB")
        let cost = working.serverSeconds / count * 1e3
        report.figure("server CPU to log in and say one thing", cost, "ms")
        report.figure("server's share of a core while all are idle", quiet.serverShare * 100, "%")
        return report
    }

    /// Brings in so many more, and gives the server's memory when they are quiet.
    private func resident(with count: Int, _ crowd: Crowd, _ target: Target) async throws -> Double
    {
        try await crowd.arrive(count)
        try await Task.sleep(for: .seconds(settling))
        return target.meter?.residentKiB() ?? .nan
    }
}
