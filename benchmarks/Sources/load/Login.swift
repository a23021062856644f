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
        let target = try await target.open(accounts: made)
        defer { target.close() }
        try await measure(target).show()
    }

    func measure(_ target: Target) async throws -> Report {
        let crew = Crew(try LoginTerms(target, mechanism), concurrency: self.target.concurrency)
        let visitors = Visitors(crew, accounts: accounts)
        _ = try await crew.read { visitors.begin(self.target.concurrency) }
        try await Task.sleep(for: .seconds(1))
        var costs: [Double] = []
        var rates: [Double] = []
        var shares: [Double] = []
        var serverShares: [Double] = []
        for _ in 0..<runs {
            let (before, count) = (Reading(target.meter), try await crew.read { visitors.count })
            try await Task.sleep(for: .seconds(seconds))
            let (after, end) = (Reading(target.meter), try await crew.read { visitors.count })
            costs.append((after.server - before.server) / Double(end - count) * 1e3)
            rates.append(Double(end - count) / (after.wall - before.wall))
            shares.append((after.generator - before.generator) / (after.wall - before.wall))
            serverShares.append((after.server - before.server) / (after.wall - before.wall))
        }
        try await crew.perform { visitors.leave() }
        await crew.stop()
        var report = Report("login", ["mechanism": mechanism.rawValue], target)
        report.figure("server CPU per login", costs, "ms", digits: 3)
        report.figure("logins", rates, "/s", digits: 0)
        report.figure("server's share of a core", serverShares, "")
        report.figure("generator's share of a core", shares, "")
        return report
    }
}

/// Clients that come, look and go, always so many at once; confined to the crew's shard.
///
/// Unchecked for that reason.
final class Visitors: @unchecked Sendable {
    private let crew: Crew
    private let accounts: Int
    private var begun = 0
    private var present = 0
    private var isLeaving = false
    private(set) var count = 0

    init(_ crew: Crew, accounts: Int) {
        self.crew = crew
        self.accounts = accounts
    }

    func begin(_ concurrency: Int) {
        for _ in 0..<concurrency { visit() }
    }

    /// Ends when the last one that is there has gone.
    func leave() {
        isLeaving = true
        if present == 0 { crew.finish() }
    }

    private func visit() {
        let client = crew.makeClient("user\(begun % accounts)")
        begun += 1
        present += 1
        client.onBound = { [self] in look($0) }
        client.onClosed = { [self] client in
            client.onBytes = { _, _ in }
            present -= 1
            if !isLeaving { visit() } else if present == 0 { crew.finish() }
        }
        client.connect(on: crew.shard)
    }

    /// Asks for the roster and says it is there, as clients do, and goes when both are answered.
    private func look(_ client: Client) {
        var answers = TagCounter("</iq>")
        var empty = TagCounter("<query xmlns='jabber:iq:roster'")
        var answered = 0
        client.onBytes = { [self] client, bytes in
            answered += answers.count(in: bytes) + empty.count(in: bytes)
            guard answered > 0, client.stage == .bound else { return }
            count += 1
            client.close()
        }
        client.send(
            "<presence/><iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>"
        )
    }
}
