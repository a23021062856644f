import MartletCore
import MartletNet
import MartletStorage
import MartletStreams
import Synchronization

/// What administrators ask about other servers.
struct S2SDesk: Sendable {
    let federation: Federation
    /// The domain of ours that speaks where none is named.
    let defaultDomain: @Sendable () -> String?

    /// The most lines of a list; a peer's own are had by its name.
    static let lineLimit = 10_000

    /// A table of all streams and pairs, or of one peer's.
    ///
    /// - Throws: `AdminFault` when `peer` is no domain's name.
    func list(of peer: String? = nil) async throws(AdminFault) -> [String] {
        var whom: JID?
        if let peer { whom = try Self.domain(peer) }
        let table = S2STable(
            streams: await streams(),
            pairs: await pairs(),
            failures: await failures(),
            unixMicroseconds: Timestamp.now().microseconds
        )
        let rows = table.rows(of: whom)
        guard !rows.isEmpty else {
            let name = whom?.domainpart ?? "other servers"
            return ["There are no streams with \(name), and nothing waits or failed lately."]
        }
        let more = rows.count - Self.lineLimit
        let lines = PlainTable.lines([S2STable.head] + rows.prefix(Self.lineLimit))
        return more > 0 ? lines + ["and \(more) more; --peer shows those of one peer"] : lines
    }

    /// Goes to a peer's server, as stanzas of a domain of ours would.
    ///
    /// - Throws: `AdminFault` when a name is none, or is on the wrong side.
    func check(_ peer: String, from ours: String?) async throws(AdminFault) -> PeerReport {
        let target = try Self.domain(peer)
        guard let name = ours ?? defaultDomain() else { throw AdminFault("which domain of ours?") }
        let sender = try Self.domain(name)
        let domains = federation.service.router.domains
        guard domains.hosts(sender) else { throw AdminFault("\(sender) is not a domain of ours") }
        guard !domains.hosts(target) else {
            throw AdminFault("\(target) is ours: nothing goes to it by the network")
        }
        let pair = DomainPair(sender: sender, target: target)
        return await S2SCheck(pair, federation, isWhole: true).run()
    }

    static func domain(_ text: String) throws(AdminFault) -> JID {
        guard let jid = try? JID(text), jid.isDomain else {
            throw AdminFault("\(text.printable(limit: 80)) is not a domain's name")
        }
        return jid
    }

    private func streams() async -> [StreamSummary] {
        let found = Mutex<[StreamSummary]>([])
        for place in federation.service.streams.places {
            await place.visit { stream in
                let summary = stream.summary
                found.withLock { $0.append(summary) }
            }
        }
        return found.withLock { $0 }
    }

    private func pairs() async -> [PeerSummary] {
        var pairs: [PeerSummary] = []
        for pool in federation.pools { pairs += await pool.summaries() }
        return pairs
    }

    private func failures() async -> [DomainPair: S2STable.Failure] {
        // One for all pools; each has the time.
        guard let pool = federation.pools.first else { return [:] }
        return await pool.recentFailures()
    }
}
