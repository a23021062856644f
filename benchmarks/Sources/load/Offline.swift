import ArgumentParser

/// Messages for those who are away.
struct Offline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Messages for those who are away: CPU to store one, and to give it out.",
        discussion: """
            Writers send to accounts that nobody is logged in to, ten messages at a time and then a ping; \
            until the server's CPU stands still it is counted to them. Then those log in, all at once as \
            far as '--concurrency' goes, say that they are there, and must get every message. Then they \
            log in once more, to nothing, so that the logins can be told from the messages.
            """
    )

    @OptionGroup var target: TargetOptions
    @Option(help: "PLAIN, SCRAM-SHA-1 or SCRAM-SHA-256.")
    var mechanism = LoginTerms.Mechanism.scramSHA1
    @Option(help: "Accounts that are away.") var accounts = 200
    @Option(help: "Messages for each.") var messages = 100
    @Option(help: "Who writes them.") var writers = 10
    @Option(help: "Bytes of each body.") var bodyBytes = 64

    func run() async throws {
        let target = try await target.open(Population(writers + accounts))
        defer { target.close() }
        try await measure(target).show()
    }

    func measure(_ target: Target) async throws -> Report {
        let writing = Crew(try LoginTerms(target, mechanism), concurrency: self.target.concurrency)
        try await writing.gather(writers)
        var written = 0.0
        let storing = try await target.watch {
            let begin = ProcessMeter.wallSeconds()
            try await write(writing, target)
            written = try await target.untilQuiet() - begin
        }
        await writing.stop()
        let fetching = try await fetch(messages, target)
        let nothing = try await fetch(0, target)
        let count = accounts * messages
        var report = Report("offline", ["accounts": "\(accounts)", "each": "\(messages)"], target)
        let store = storing.serverMicroseconds(per: count)
        report.figure("server CPU per stored message", store, "µs", digits: 1)
        report.figure("stored", Double(count) / written, "/s", digits: 0)
        report.figure(
            "logins alone",
            nothing.serverMicroseconds(per: accounts) / 1e3,
            "ms",
            digits: 3
        )
        let net = (fetching.serverSeconds - nothing.serverSeconds) / Double(count) * 1e6
        report.figure("server CPU per fetched message, without its login", net, "µs", digits: 1)
        report.figure("fetched", Double(count) / fetching.seconds, "/s", digits: 0)
        report.shares([fetching])
        report.text("lost", "0: each account got what was sent to it")
        return report
    }

    /// Each writer has accounts of its own, one after the other.
    private func write(_ crew: Crew, _ target: Target) async throws {
        let body = String(repeating: "x", count: bodyBytes)
        let (writers, accounts, messages, domain) = (writers, accounts, messages, target.domain)
        try await crew.each(width: writers) { client, done in
            let mine = Int(client.username.dropFirst("user".count)) ?? 0
            let requests: [Request] = stride(from: mine, to: accounts, by: writers).flatMap {
                account in
                stride(from: 0, to: messages, by: 10).map { first in
                    let message = """
                        <message to='\(Population.name(writers + account))@\(domain)' type='chat'>\
                        <body>\(body)</body></message>
                        """
                    let ten = String(repeating: message, count: min(10, messages - first))
                    return .beforePing(ten)
                }
            }
            client.ask(requests[...]) { _ in done() }
        }
    }

    /// All log in and get so many messages each, or nothing and the answer to a ping, and leave.
    private func fetch(_ messages: Int, _ target: Target) async throws -> Span {
        let writers = writers
        let crew = Crew(try LoginTerms(target, mechanism), concurrency: self.target.concurrency) {
            Population.name(writers + $0)
        }
        let span = try await target.watch {
            try await crew.gather(accounts)
            try await crew.each(width: self.target.concurrency, within: 60) { client, done in
                var (found, pong) = (TagCounter("</message>"), TagCounter(Request.ping.mark))
                var (count, isAnswered) = (0, false)
                client.onBytes = { client, bytes in
                    count += found.count(in: bytes)
                    if pong.count(in: bytes) > 0 { isAnswered = true }
                    if count > messages { client.fail("got \(count) of \(messages) messages") }
                    guard count >= messages, isAnswered else { return }
                    isAnswered = false
                    done()
                }
                client.send("<presence/>" + Request.ping.text)
            }
            try await target.untilQuiet()
        }
        _ = try await crew.read { for client in crew.clients { client.leave() } }
        try await target.untilQuiet()
        await crew.stop()
        return span
    }
}

extension Target {
    /// Looks at the server's CPU so often, and believes in quiet after so many looks.
    private static let glance = 0.05, glances = 5

    /// Returns when the server has done next to nothing for a quarter of a second, and since when: a
    /// server may answer a ping before what was sent ahead of it is stored.
    @discardableResult
    func untilQuiet() async throws -> Double {
        guard meter != nil else {
            let now = ProcessMeter.wallSeconds()
            try await Task.sleep(for: .seconds(2))
            return now
        }
        var since = ProcessMeter.wallSeconds()
        var quiet = 0
        while quiet < Self.glances {
            let isQuiet = try await watch(Self.glance).serverShare < 0.01
            quiet = isQuiet ? quiet + 1 : 0
            if !isQuiet { since = ProcessMeter.wallSeconds() }
        }
        return since
    }
}
