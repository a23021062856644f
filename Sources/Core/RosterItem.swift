/// Who is told of whose presence (RFC 6121 §2.1.2.5).
public enum Subscription: String, Sendable, CaseIterable {
    case none, to, from, both

    /// Whether the user sees the contact's presence.
    public var hasTo: Bool { self == .to || self == .both }
    /// Whether the contact sees the user's presence.
    public var hasFrom: Bool { self == .from || self == .both }

    public init(to: Bool, from: Bool) {
        self = to ? (from ? .both : .to) : (from ? .from : .none)
    }
}

/// One contact of a user, with all that the server must remember of it (RFC 6121 §2.1.2).
public struct RosterItem: Sendable, Hashable {
    public var jid: JID
    /// The user's own name for the contact.
    public var name: String?
    public var groups: [String]
    public var subscription: Subscription
    /// The user asked to subscribe and has no answer yet: `ask='subscribe'` (RFC 6121 §2.1.2.2).
    public var isPendingOut: Bool
    /// The contact asked to subscribe and the user has not answered (RFC 6121 §3.1.3).
    public var isPendingIn: Bool
    /// The user said yes before the contact asked (RFC 6121 §3.4).
    public var isPreApproved: Bool
    /// The contact's request as canonical XML, given to the user again at each login until answered.
    public var pendingRequest: [UInt8]?
    /// Whether the user put it into the roster, or it stands here only for a request not yet answered,
    /// which is never shown (RFC 6121 §A.1: "None + Pending In").
    public var isInRoster: Bool

    public init(
        _ jid: JID,
        name: String? = nil,
        groups: [String] = [],
        subscription: Subscription = .none,
        isPendingOut: Bool = false,
        isPendingIn: Bool = false,
        isPreApproved: Bool = false,
        pendingRequest: [UInt8]? = nil,
        isInRoster: Bool = true
    ) {
        self.jid = jid
        self.name = name
        self.groups = groups
        self.subscription = subscription
        self.isPendingOut = isPendingOut
        self.isPendingIn = isPendingIn
        self.isPreApproved = isPreApproved
        self.pendingRequest = pendingRequest
        self.isInRoster = isInRoster
    }
}
