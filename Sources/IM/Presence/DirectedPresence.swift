import MartletCore
import MartletRouter

/// Whom a resource told of its presence although they do not subscribe to it, and who must be told
/// when it goes (RFC 6121 §4.6).
///
/// A class, so that what a session keeps is changed in its place and not copied for each target.
final class DirectedPresence {
    /// Past it, directing presence to yet another entity is refused with `resource-constraint`.
    static let limit = 10_000

    private var targets: Set<JID> = []

    func insert(_ target: JID) throws(StanzaError) {
        guard targets.count < Self.limit || targets.contains(target) else {
            throw .resourceConstraint
        }
        targets.insert(target)
    }

    /// Whether the entity, or its account as a whole, was told.
    func contains(_ entity: JID) -> Bool {
        targets.contains(entity) || targets.contains(entity.bare)
    }

    func remove(_ target: JID) {
        targets.remove(target)
    }

    /// Forgets all of them.
    func clear() -> Set<JID> {
        defer { targets = [] }
        return targets
    }
}

extension Session {
    /// Nil as long as it told nobody.
    var directed: DirectedPresence? { state[DirectedPresence.self] }

    func noteDirected(to target: JID) throws(StanzaError) {
        if directed == nil { state[DirectedPresence.self] = DirectedPresence() }
        try directed?.insert(target)
    }
}
