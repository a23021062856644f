public import MartletCore
public import MartletXML

/// A virtual host as the router knows it: immutable, replaced whole on reload.
public final class Domain: Sendable {
    public let jid: JID
    public let name: String
    public let limits: DomainLimits
    /// Accounts, by their bare addresses, that may do what administrators may.
    public let administrators: Set<JID>
    public let modules: ModuleSet
    /// What presence and features say of the domain's abilities (XEP-0115), if anything.
    public let capabilities: Capabilities?
    /// Whether only the domains that modules keep under it are here, and it itself is elsewhere.
    public let isOutpost: Bool
    /// What those who made the domain keep with it.
    public let attachment: (any AnyObject & Sendable)?
    /// The address of `attachment`, for who looks at it for each stanza and needs no count of it.
    ///
    /// Unchecked: it lives as long as the domain, which never changes.
    public nonisolated(unsafe) let attachmentAddress: UnsafeRawPointer?

    /// Shown to clients that may bind: what the modules offer, and the domain's abilities.
    public var streamFeatures: [Element] {
        modules.streamFeatures + (capabilities.map { [$0.element] } ?? [])
    }

    public init(
        _ jid: JID,
        limits: DomainLimits = DomainLimits(),
        administrators: Set<JID> = [],
        modules: ModuleSet,
        capabilities: Capabilities? = nil,
        isOutpost: Bool = false,
        attachment: (any AnyObject & Sendable)? = nil
    ) {
        self.jid = jid
        self.isOutpost = isOutpost
        self.capabilities = capabilities
        self.attachment = attachment
        attachmentAddress = attachment.map {
            UnsafeRawPointer(Unmanaged.passUnretained($0 as AnyObject).toOpaque())
        }
        self.limits = limits
        self.administrators = administrators
        self.modules = modules
        name = jid.domainpart
    }
}

/// Bounds that a domain sets for its users; each is a key of `config.json`.
public struct DomainLimits: Hashable, Sendable {
    /// Past it, binding another resource is refused with `resource-constraint`.
    public var sessionsPerAccount = 20
    /// Past it, an addition is refused with `resource-constraint`.
    public var rosterItems = 5_000
    /// Past either, a message for someone who is away returns as `service-unavailable`.
    public var offlineMessages = 1_000
    public var offlineBytes = 10 * 1_048_576
    /// Past either, a session that does not acknowledge is given up (XEP-0198 §4).
    public var unacknowledgedStanzas = 1_000
    public var unacknowledgedBytes = 1_048_576
    /// Contacts that one client's presence is told to; past the burst its next stanzas wait.
    public var deliveriesPerSecond = 1_000
    public var burstDeliveries = 20_000
    /// How long a session that lost its connection is kept for its client (XEP-0198 §5).
    public var resumptionTime = Duration.seconds(300)
    /// Past it, the oldest ad-hoc command that an account began and did not finish ends (XEP-0050 §3.3).
    public var commandSessions = 10
    /// How long one may take to fill in a command's form.
    public var commandTime = Duration.seconds(600)

    public init() {}
}
