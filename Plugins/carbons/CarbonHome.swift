import MartletPluginKit
import Synchronization

/// What is kept with an account while one of its clients wants copies.
final class CarbonHome: Sendable {
    private struct State {
        var enabled: Set<SessionID> = []
        var recent = RecentMessages()
    }

    private let state = Mutex(State())

    func enable(_ session: SessionID) {
        state.withLock { _ = $0.enabled.insert(session) }
    }

    func disable(_ session: SessionID) {
        state.withLock { _ = $0.enabled.remove(session) }
    }

    /// Whether anybody is left who wants copies.
    var isIdle: Bool { state.withLock { $0.enabled.isEmpty } }

    func wantsCopies(_ session: SessionID) -> Bool {
        state.withLock { $0.enabled.contains(session) }
    }

    /// Remembers a message that was copied, so that its error is too.
    func remember(_ id: String, with peer: JID) {
        state.withLock { $0.recent.add(id, peer) }
    }

    func remembers(_ id: String, with peer: JID) -> Bool {
        state.withLock { $0.recent.contains(id, peer) }
    }
}

extension CarbonHome {
    /// Takes a client's wish; saying it again changes nothing (XEP-0280 §10.1).
    ///
    /// - Throws: `not-allowed` to all but the account's own clients (XEP-0280 §4.1, §5.1).
    static func change(
        _ event: borrowing Event,
        _ body: (CarbonHome, SessionID) -> Void
    ) throws(StanzaError) -> XML? {
        guard let place = event.place, let account = place.account, let session = event.session,
            event.stanza.from?.isSameAccount(as: account) == true
        else { throw .notAllowed }
        let home = place.state(CarbonHome.self) ?? CarbonHome()
        body(home, session)
        place.setState(home.isIdle ? nil : home)
        return nil
    }
}

/// The last messages that were copied, by their ids and with whom they were exchanged.
///
/// An error is copied when it answers one of these (XEP-0280 §6.1): what it carries does not tell
/// (XEP-0280 §10.3).
struct RecentMessages {
    private static let limit = 64
    /// Hashes: an id may be as long as its stanza.
    private var hashes: [Int] = []
    private var next = 0

    mutating func add(_ id: String, _ peer: JID) {
        let hash = Self.hash(id, peer)
        if hashes.count < Self.limit {
            hashes.append(hash)
        } else {
            hashes[next] = hash
            next = (next + 1) % Self.limit
        }
    }

    func contains(_ id: String, _ peer: JID) -> Bool { hashes.contains(Self.hash(id, peer)) }

    private static func hash(_ id: String, _ peer: JID) -> Int {
        var hasher = Hasher()
        hasher.combine(id)
        hasher.combine(peer.bare)
        return hasher.finalize()
    }
}
