import MartletCore
import MartletNet
import MartletStreams
import Synchronization

/// Why peers were not reached lately, for who asks: the last reason of each pair, for an hour.
///
/// All pools of the process share one. It decides nothing: routes keep what they need themselves.
final class PeerFailures: Sendable {
    struct Failure: Sendable {
        /// Ours → the peer's.
        let pair: DomainPair
        let fault: S2SFault
        let at: ShardInstant
    }

    static let lifetime = Duration.seconds(3_600)
    static let limit = 1_000

    private let table = Mutex<[DomainPair: Failure]>([:])

    func note(_ fault: S2SFault, of pair: DomainPair, at now: ShardInstant) {
        table.withLock { table in
            if table[pair] == nil, table.count >= Self.limit { Self.makeRoom(in: &table) }
            table[pair] = Failure(pair: pair, fault: fault, at: now)
        }
    }

    /// In no order.
    func all(at now: ShardInstant) -> [Failure] {
        table.withLock { Array($0.values) }.filter { $0.at.duration(to: now) < Self.lifetime }
    }

    /// A sixteenth of all at once, the oldest, so that a flood of names does not sort them each time.
    private static func makeRoom(in table: inout [DomainPair: Failure]) {
        for old in table.values.sorted(by: { $0.at < $1.at }).prefix(limit / 16) {
            table[old.pair] = nil
        }
    }
}

extension S2SFault {
    /// Whether it says something of the peer, and not of this server.
    var concernsPeer: Bool {
        switch self {
        case .notAdmitted, .overloaded, .stopping: false
        default: true
        }
    }
}
