public import MartletCore

/// A domain of ours as streams between servers see it: what it offers, and to whom.
public struct S2SHost: Sendable {
    public var domain: JID
    /// Whether this server can do TLS for the domain.
    public var hasTLS: Bool
    /// What is asked of a peer; nil stands for one that has not said who it is.
    public var trust: @Sendable (JID?) -> PeerTrust
    public var offersBidi: Bool
    public var offersStreamManagement: Bool
    /// XEP-0478: advertised to peers.
    public var stanzaByteLimit: Int
    public var idleSeconds: Int?

    public init(
        domain: JID,
        hasTLS: Bool = true,
        offersBidi: Bool = true,
        offersStreamManagement: Bool = true,
        stanzaByteLimit: Int = 524_288,
        idleSeconds: Int? = nil,
        trust: @escaping @Sendable (JID?) -> PeerTrust = { _ in PeerTrust() }
    ) {
        self.domain = domain
        self.hasTLS = hasTLS
        self.offersBidi = offersBidi
        self.offersStreamManagement = offersStreamManagement
        self.stanzaByteLimit = stanzaByteLimit
        self.idleSeconds = idleSeconds
        self.trust = trust
    }
}

/// Bounds on what one stream may be authorised for, and may ask.
public struct S2SPairLimits: Hashable, Sendable {
    /// Pairs that are authorised or about to be.
    public var pairsPerStream = 64
    /// Dialback requests whose verification is under way.
    public var verifiesPerStream = 16
    /// Failed ones, after which the stream ends.
    public var failuresPerStream = 16

    public init() {}
}
