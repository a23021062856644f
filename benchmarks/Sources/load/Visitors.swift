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
