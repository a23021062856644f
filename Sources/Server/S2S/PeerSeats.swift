import MartletCore
import MartletNet
import MartletStreams
import Synchronization

/// The streams that other servers opened, by the domains that were proved on them: there are so many
/// for a domain, and no more.
///
/// Whoever proves a domain once more is its server, perhaps after a fall of which nobody told us: so the
/// newcomer is heard, and of those before it the one that has been quiet longest goes.
final class PeerSeats: Sendable {
    private let table = Mutex<[JID: [S2SConnection]]>([:])

    /// Gives a stream its seat.
    ///
    /// - Returns: the stream that has lost its own by that, and is to end.
    func take(_ domain: JID, for stream: S2SConnection, within limit: Int) -> S2SConnection? {
        table.withLock { table in
            var streams = table.removeValue(forKey: domain) ?? []
            defer { table[domain] = streams + [stream] }
            guard streams.count >= max(1, limit),
                let quietest = streams.indices.min(by: {
                    streams[$0].lastStanza < streams[$1].lastStanza
                })
            else { return nil }
            return streams.remove(at: quietest)
        }
    }

    /// A stream has ended.
    func leave(_ domains: Set<JID>, _ stream: S2SConnection) {
        guard !domains.isEmpty else { return }
        table.withLock { table in
            for domain in domains {
                table[domain]?.removeAll { $0 === stream }
                if table[domain]?.isEmpty == true { table[domain] = nil }
            }
        }
    }

    /// How many streams speak for a domain.
    func count(of domain: JID) -> Int { table.withLock { $0[domain]?.count ?? 0 } }
}
