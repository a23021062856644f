import ArgumentParser

/// Logins at a fixed rate beside people who talk.
struct Storm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A storm of logins: what the messages of those who are there notice of it.",
        discussion: """
            Pairs write at a low fixed rate; that is measured alone, and then while others log in at \
            '--rate' (SCRAM, roster, presence, goodbye), whatever comes back. Latency counts from when a \
            message was due. The accounts are user0 … of the password 'secret': two for each pair, and \
            '--accounts' of those who come and go.
            """
    )

    @OptionGroup var target: TargetOptions
    @Option(help: "PLAIN, SCRAM-SHA-1 or SCRAM-SHA-256.")
    var mechanism = LoginTerms.Mechanism.scramSHA1
    @Option(help: "Pairs that talk.") var pairs = 50
    @Option(help: "Messages a second, of all pairs.") var messages = 500.0
    @Option(help: "Logins a second.") var rate = 1_000.0
    @Option(help: "Accounts that log in, in turn.") var accounts = 100
    @Option(help: "Bytes of each body.") var bodyBytes = 64
    @Option(help: "Seconds without the storm, and as many with it.") var seconds = 10.0
    @Option(help: "Seconds before each.") var warmUp = 1.0

    /// What no message is to wait for, in milliseconds.
    private static let stall = 20.0

    func run() async throws {
        let target = try await target.open(Population(pairs * 2 + accounts))
        defer { target.close() }
        try await measure(target).show()
    }

    func measure(_ target: Target) async throws -> Report {
        let crew = Crew(try LoginTerms(target, mechanism), concurrency: self.target.concurrency)
        try await crew.gather(pairs * 2)
        let conversations = Conversations(crew, .rate(messages), bodyBytes: bodyBytes)
        let (pairs, accounts, rate) = (pairs, accounts, rate)
        _ = try await crew.read { conversations.begin(crew.neighbours) }
        try await Task.sleep(for: .seconds(warmUp))
        let calm = try await ChatWindow(conversations, crew, [target], seconds)
        let visitors = Visitors(crew) { Population.name(pairs * 2 + $0 % accounts) }
        _ = try await crew.read { visitors.begin(perSecond: rate) }
        try await Task.sleep(for: .seconds(warmUp))
        let before = try await crew.read { (visitors.count, visitors.takeLatencies()).0 }
        let stormy = try await ChatWindow(conversations, crew, [target], seconds)
        let (count, logins) = try await crew.read { (visitors.count, visitors.takeLatencies()) }
        try await crew.perform { visitors.leave() }
        await crew.stop()
        var report = Report(
            "storm",
            [
                "pairs": "\(pairs)", "messages a second": "\(messages)",
                "logins a second": "\(rate)",
            ],
            target
        )
        report.figure("without: server's share of a core", calm.span.serverShare, "")
        report.latency("without: latency", [calm.latencies], withMost: true)
        report.figure("without: sent late p99", calm.lateness.milliseconds(at: 0.99), "ms")
        report.figure("logins", Double(count - before) / stormy.span.seconds, "/s", digits: 0)
        report.latency("login", [logins], withMost: true)
        report.latency("latency", [stormy.latencies], withMost: true)
        report.shares([stormy.span], lateness: [stormy.lateness])
        let stalled = stormy.latencies.count(above: Self.stall)
        report.figure(
            "messages that took more than \(Self.stall) ms",
            Double(stalled),
            "",
            digits: 0
        )
        return report
    }
}
