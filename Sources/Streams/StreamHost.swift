public import MartletCore
public import MartletSASL
public import MartletXML

/// A domain as negotiation sees it: what it offers, and on which terms.
public struct StreamHost: Sendable {
    public var domain: JID
    /// Offered where the stream allows them.
    public var mechanisms: [SASLMechanismName]
    /// Stands in for accounts that are not there.
    public var decoy: ScramDecoy
    /// Whether passwords may be sent over a stream without TLS (a loopback listener for load tests).
    public var allowsPlainWithoutTLS: Bool
    /// Whether this server can do TLS for the domain.
    public var hasTLS: Bool
    /// Whether a client must start TLS before anything else.
    public var requiresTLS: Bool
    /// What modules offer once a client is authenticated.
    public var features: [Element]
    /// What they offer before that.
    public var loginFeatures: [Element] = []
    /// Whether modules may know what to do with an iq before a resource is bound.
    public var consultsModules = false
    /// XEP-0478: advertised to clients.
    public var stanzaByteLimit: Int
    public var idleSeconds: Int?
    /// Where its offers are kept once they are made; without it they are made for each stream.
    public var offers: OfferShelf?

    public init(
        domain: JID,
        mechanisms: [SASLMechanismName],
        decoy: ScramDecoy,
        allowsPlainWithoutTLS: Bool = false,
        hasTLS: Bool = true,
        requiresTLS: Bool = true,
        features: [Element] = [],
        stanzaByteLimit: Int = 262_144,
        idleSeconds: Int? = nil
    ) {
        self.domain = domain
        self.mechanisms = mechanisms
        self.decoy = decoy
        self.allowsPlainWithoutTLS = allowsPlainWithoutTLS
        self.hasTLS = hasTLS
        self.requiresTLS = requiresTLS
        self.features = features
        self.stanzaByteLimit = stanzaByteLimit
        self.idleSeconds = idleSeconds
    }
}

/// What is known of the encryption under a stream.
public struct StreamSecurity: Sendable, Hashable {
    public var isEncrypted = false
    /// What this TLS connection can be told from others by.
    public var channelBindings: [ChannelBinding] = []
    /// Addresses that a verified client certificate speaks for (XEP-0178).
    public var certifiedAddresses: [JID] = []

    public init() {}
}

extension StreamHost {
    /// Whether anything but TLS may be negotiated on a stream as it is now.
    func admitsLogin(_ security: StreamSecurity) -> Bool { security.isEncrypted || !requiresTLS }

    /// What a client may log in with on a stream as it is now.
    func offer(_ security: StreamSecurity) -> SASLServerOffer {
        SASLServerOffer(
            domain: domain.domainpart,
            enabled: mechanisms,
            isProtected: security.isEncrypted || allowsPlainWithoutTLS,
            bindings: security.channelBindings,
            certificateIdentities: security.certifiedAddresses,
            decoy: decoy
        )
    }
}
