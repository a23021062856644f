public import MartletCore

/// One account at its home: its sessions, and what modules keep of it.
///
/// Everything that must agree about a user is here; it belongs to the account's `RouterShard` and is
/// never seen outside of that actor. Exclusive access is unchecked, which each stanza would pay for:
/// what changes a property in place runs nothing but that property's own methods. What each delivery
/// reads stands first, as in ``Session``.
public final class Home {
    /// The account's bare address.
    public let jid: JID
    @exclusivity(unchecked) public internal(set) var domain: Domain
    /// In the order in which they were bound.
    @exclusivity(unchecked) public internal(set) var sessions: [Session] = []
    /// What waits for a stanza for this account that is being handled.
    @exclusivity(unchecked) var inbox = WorkQueue<Work>()
    /// The bytes of what waits.
    @exclusivity(unchecked) var waitingBytes = 0
    /// Whether the store knows the account, or why it could not say; nil until somebody wants to know.
    @exclusivity(unchecked) var existence: Result<Bool, StanzaError>? = .success(true)
    /// Where the one that is being handled waits for the store, if it does.
    var gate: Gate?
    /// What modules keep of this account, such as its roster.
    public let state = ModuleState()
    /// What plugins keep of it.
    public var attachment: AnyObject?
    /// Stanzas of its own sessions whose handling waits; they need its state, even if the session that
    /// sent them has ended.
    var guests = 0

    /// What stands in line at a home.
    enum Work: Sendable {
        case stanza(Stanza)
        /// One that has begun to be stored.
        case ahead(Ahead)
        /// Wants to know when all before it is done.
        case fence(@Sendable () -> Void)
    }

    init(jid: JID, domain: Domain) {
        self.jid = jid
        self.domain = domain
    }

    public func session(with full: JID) -> Session? {
        for session in sessions where session.jid == full { return session }
        return nil
    }

    public var availableSessions: [Session] { sessions.filter(\.isAvailable) }

    /// Nothing is bound here and nothing waits: it can be forgotten.
    var isVacant: Bool { sessions.isEmpty && inbox.isIdle && guests == 0 }
}
