import ArgumentParser

/// Many domains in one process.
struct VirtualHosts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vhosts",
        abstract: "Many domains: time to start, memory of each, CPU per message on many of them.",
        discussion: """
            For each number of domains the server is started twice, with all of them and their chat spread \
            over as many as there are pairs, and by turns with one domain. All have the plugins that are on \
            by default, or none.
            """
    )

    @Option(help: "The martlet program to start.") var server: String
    @Option(help: "Domains.") var domains = [100, 10_000]
    @Option(help: "Pairs of clients.") var pairs = 200
    @Option(help: "Messages under way in each pair.") var inFlight = 8
    @Option(help: "Turns of each.") var turns = 3
    @Option(help: "Seconds of each measurement.") var seconds = 3.0
    @Flag(inversion: .prefixedNo, help: "The plugins that are on by default.") var plugins = false

    private struct Outcome {
        let readySeconds: Double
        let kibibytes: Double
        let window: ChatWindow
    }

    func run() async throws {
        var report = Report(
            "vhosts",
            ["pairs": "\(pairs)", "in flight": "\(inFlight)", "plugins": plugins ? "on" : "off"],
            nil
        )
        for count in domains {
            var (one, many): ([Outcome], [Outcome]) = ([], [])
            for _ in 0..<turns {
                one.append(try await measure(1))
                many.append(try await measure(count))
            }
            tell(count, one, many, in: &report)
        }
        report.show()
    }

    private func tell(
        _ count: Int,
        _ one: [Outcome],
        _ many: [Outcome],
        in report: inout Report
    ) {
        let name = "\(count) domains"
        report.figure("\(name): ready after", many.map(\.readySeconds), "s", digits: 3)
        let kibibytes = zip(many, one).map {
            ($0.kibibytes - $1.kibibytes) / Double(max(1, count - 1))
        }
        report.figure("\(name): memory of each", kibibytes, "KiB")
        report.figure(
            "\(name): server CPU per message",
            many.map(\.window.serverMicroseconds),
            "µs"
        )
        let alone = one.map(\.window.serverMicroseconds)
        report.figure("\(name): by turns with one domain", alone, "µs")
        let shares = (many + one).map(\.window.span.generatorShare)
        report.figure("\(name): generator's share of a core", shares, "")
    }

    /// Users stand on as many domains as there are, a pair on each.
    private func measure(_ count: Int) async throws -> Outcome {
        let time = ["--runs", "1", "--seconds", "\(seconds)", "--warm-up", "1"]
        let size = ["--pairs", "\(pairs)", "--in-flight", "\(inFlight)"]
        let terms = ["--server", server, plugins ? "--plugins" : "--no-plugins"]
        let chat = try Chat.parse(terms + size + time)
        let begin = ProcessMeter.wallSeconds()
        let target = try await chat.target.open(otherDomains: count - 1)
        defer { target.close() }
        let ready = ProcessMeter.wallSeconds() - begin
        let kibibytes = target.meter?.residentKiB() ?? .nan
        let talk = try await chat.talk(target) { client in
            let number = client / 2 % count
            return number == 0 ? nil : ServerProcess.otherDomain(number - 1)
        }
        guard let window = talk.windows.first else { throw LoadError("nothing was measured") }
        return Outcome(readySeconds: ready, kibibytes: kibibytes, window: window)
    }
}
