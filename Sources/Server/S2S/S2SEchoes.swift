import MartletCore
import MartletNet
import Synchronization

/// Pings to peers that give no acknowledgements (XEP-0198), as far as nobody has answered them.
///
/// An answer comes over the peer's own stream, perhaps on another shard; its id is random, and leads
/// back to the stream that asked.
final class S2SEchoes: Sendable {
    private struct Echo {
        let stream: S2SConnection
        let pair: DomainPair
        let serial: UInt64
    }

    private let waiting = Mutex<[String: Echo]>([:])

    func expect(_ id: String, _ pair: DomainPair, _ serial: UInt64, on stream: S2SConnection) {
        waiting.withLock { $0[id] = Echo(stream: stream, pair: pair, serial: serial) }
    }

    func forget(_ id: String) {
        waiting.withLock { $0[id] = nil }
    }

    /// Takes what a peer says if it answers a ping, with a result or an error: all that was written
    /// before the ping has arrived.
    func take(_ stanza: Stanza) -> Bool {
        guard stanza.kind == .iq, stanza.type == .result || stanza.type == .error,
            let id = stanza.id, id.hasPrefix(Self.prefix)
        else { return false }
        let echo = waiting.withLock { waiting -> Echo? in
            guard let echo = waiting[id], stanza.to == echo.pair.sender,
                stanza.from == echo.pair.target
            else { return nil }
            waiting[id] = nil
            return echo
        }
        guard let echo else { return false }
        let stream = echo.stream
        stream.shard.submit { stream.assumeIsolated { $0.echoed(echo.serial) } }
        return true
    }

    static let prefix = "echo-"

    /// Whether it is one of ours: users may name what they ask as they like, and hear what becomes of it.
    static func isPing(_ stanza: Stanza) -> Bool {
        stanza.kind == .iq && stanza.type == .get && stanza.id?.hasPrefix(prefix) == true
            && stanza.from?.hasLocalpart == false
            && stanza.child("ping", in: Namespace.ping) != nil
    }
}
