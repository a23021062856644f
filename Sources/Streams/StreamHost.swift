public import MartletCore
public import MartletSASL
public import MartletXML

/// A domain as negotiation sees it: what it offers, and on which terms.
public struct StreamHost: Sendable {
    public var domain: JID
    /// Offered where the stream allows them, the strongest first.
    public var mechanisms: [SASLMechanismName]
    /// Whether passwords may be sent over a stream without TLS (a loopback listener for load tests).
    public var allowsPlainWithoutTLS: Bool
    /// Whether this server can do TLS for the domain.
    public var hasTLS: Bool
    /// Whether a client must start TLS before anything else.
    public var requiresTLS: Bool
    /// What modules offer once a client is authenticated.
    public var features: [Element]
    /// XEP-0478: advertised to clients.
    public var stanzaByteLimit: Int
    public var idleSeconds: Int?

    public init(
        domain: JID,
        mechanisms: [SASLMechanismName],
        allowsPlainWithoutTLS: Bool = false,
        hasTLS: Bool = true,
        requiresTLS: Bool = true,
        features: [Element] = [],
        stanzaByteLimit: Int = 262_144,
        idleSeconds: Int? = nil
    ) {
        self.domain = domain
        self.mechanisms = mechanisms
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
    public var certifiedAddresses: [String] = []

    public init() {}
}
