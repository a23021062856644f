import MartletCore
import MartletRouter

/// Whom a resource told of its presence although they do not subscribe to it, and who must be told
/// when it goes (RFC 6121 §4.6).
struct DirectedPresence {
    /// Past it, directing presence to yet another entity is refused with `resource-constraint`.
    static let limit = 10_000

    private var targets: Set<JID> = []

    mutating func insert(_ target: JID) throws(StanzaError) {
        guard targets.count < Self.limit || targets.contains(target) else {
            throw .resourceConstraint
        }
        targets.insert(target)
    }

    /// Whether the entity, or its account as a whole, was told.
    func contains(_ entity: JID) -> Bool {
        targets.contains(entity) || targets.contains(entity.bare)
    }

    mutating func remove(_ target: JID) {
        targets.remove(target)
    }

    /// Forgets all of them.
    mutating func clear() -> Set<JID> {
        defer { targets = [] }
        return targets
    }
}

extension Session {
    var directed: DirectedPresence {
        get { state[DirectedPresence.self] ?? DirectedPresence() }
        set { state[DirectedPresence.self] = newValue }
    }
}
