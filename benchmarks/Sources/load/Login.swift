import ArgumentParser

/// Clients that log in and leave, again and again.
struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Logins: server CPU for each, and how many a second.",
        discussion: """
            One login: connect, TLS where wanted, SASL, bind, roster, presence; then the stream is closed. \
            The accounts user0, user1 … must be there (password 'secret') if the server is not ours.
            """
    )

    @OptionGroup var target: TargetOptions
    @Option(help: "ANONYMOUS, PLAIN, SCRAM-SHA-1 or SCRAM-SHA-256.")
    var mechanism = LoginTerms.Mechanism.scramSHA1
    @Option(help: "Accounts to log in to, in turn.") var accounts = 20
    @Option(help: "Seconds of each measurement.") var seconds = 3.0
    @Option(help: "Measurements.") var runs = 5

    func run() async throws {
        let made = mechanism == .anonymous ? 0 : accounts
        let target = try await target.open(Population(made))
        defer { target.close() }
        try await measure(target).show()
    }

    func measure(_ target: Target) async throws -> Report {
        let crew = Crew(try LoginTerms(target, mechanism), concurrency: self.target.concurrency)
        let accounts = accounts
        let visitors = Visitors(crew) { Population.name($0 % accounts) }
        _ = try await crew.read { visitors.begin(self.target.concurrency) }
        try await Task.sleep(for: .seconds(1))
        var visits: [(span: Span, count: Int)] = []
        for _ in 0..<runs {
            let before = try await crew.read { visitors.count }
            let span = try await target.watch(seconds)
            visits.append((span, try await crew.read { visitors.count } - before))
        }
        try await crew.perform { visitors.leave() }
        await crew.stop()
        var report = Report("login", ["mechanism": mechanism.rawValue], target)
        let costs = visits.map { $0.span.serverMicroseconds(per: $0.count) / 1e3 }
        report.figure("server CPU per login", costs, "ms", digits: 3)
        report.figure("logins", visits.map { Double($0.count) / $0.span.seconds }, "/s", digits: 0)
        report.shares(visits.map(\.span))
        return report
    }
}
