import CPlugin

/// A place on a stanza's way where plugins may act.
public enum Phase: Sendable {
    /// A client of this domain sent it; `from` is stamped.
    case received
    /// A request to the domain itself.
    case domain
    /// A request that the server answers on an account's behalf.
    case account
    /// It is at its user's home; no resource has it yet.
    case delivery
    /// There is no resource to take it.
    case offline
    /// It is about to be written to one session's client; nobody may wait here.
    case client
    /// It is for a service domain that this plugin owns.
    case service
    /// A bound client sent an element that is no stanza.
    case nonza
    /// A client sent it before it has bound a resource.
    case stream
    /// A presence that the server sends to one contact on a user's behalf; nobody may wait here.
    case broadcast
    /// Another server or a component sent it to this domain, or to somebody in it; nobody's home is
    /// lent, and nobody may wait here.
    case elsewhere
    case sessionUp
    case sessionDown
    /// A session's client is back on another connection; what is sent to it now comes there first, behind
    /// what it missed.
    case sessionResumed
    /// A session said something of itself to all, or is gone.
    case presence
    case rosterChanged
    case userCreated
    case userRemoved

    var number: UInt32 {
        switch self {
        case .received: UInt32(MARTLET_PHASE_RECEIVED)
        case .domain: UInt32(MARTLET_PHASE_DOMAIN)
        case .account: UInt32(MARTLET_PHASE_ACCOUNT)
        case .delivery: UInt32(MARTLET_PHASE_DELIVERY)
        case .offline: UInt32(MARTLET_PHASE_OFFLINE)
        case .client: UInt32(MARTLET_PHASE_CLIENT)
        case .service: UInt32(MARTLET_PHASE_SERVICE)
        case .nonza: UInt32(MARTLET_PHASE_NONZA)
        case .stream: UInt32(MARTLET_PHASE_STREAM)
        case .broadcast: UInt32(MARTLET_PHASE_BROADCAST)
        case .elsewhere: UInt32(MARTLET_PHASE_ELSEWHERE)
        case .sessionUp: UInt32(MARTLET_PHASE_SESSION_UP)
        case .sessionDown: UInt32(MARTLET_PHASE_SESSION_DOWN)
        case .sessionResumed: UInt32(MARTLET_PHASE_SESSION_RESUMED)
        case .presence: UInt32(MARTLET_PHASE_PRESENCE)
        case .rosterChanged: UInt32(MARTLET_PHASE_ROSTER_CHANGED)
        case .userCreated: UInt32(MARTLET_PHASE_USER_CREATED)
        case .userRemoved: UInt32(MARTLET_PHASE_USER_REMOVED)
        }
    }
}

/// Whom a request is to, or something belongs to.
public struct Target: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let domain = Target(rawValue: UInt32(MARTLET_TO_DOMAIN))
    public static let account = Target(rawValue: UInt32(MARTLET_TO_ACCOUNT))
    public static let service = Target(rawValue: UInt32(MARTLET_TO_SERVICE))
}

/// A session by its number, which is the same after a resumption and never used twice.
public struct SessionID: Hashable, Sendable {
    public let serial: UInt64

    init?(_ serial: UInt64) {
        guard serial != 0 else { return nil }
        self.serial = serial
    }
}
