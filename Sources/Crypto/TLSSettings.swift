/// A version of the protocol that we speak.
public enum TLSVersion: Int32, Sendable, Comparable {
    case v1_2 = 0x0303
    case v1_3 = 0x0304

    public static func < (left: TLSVersion, right: TLSVersion) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Whose signatures a certificate needs.
public enum TLSTrust: Sendable {
    /// What the system trusts.
    case system
    /// The certificates of a PEM file.
    case file(String)
    /// The certificates of a PEM text.
    case pem(String)
}

/// How a server speaks TLS.
public struct TLSServerSettings: Sendable {
    public var identities: TLSIdentities
    public var versions = TLSVersion.v1_2...TLSVersion.v1_3
    /// Asks clients for a certificate (SASL EXTERNAL).
    ///
    /// Any is accepted, or none: what came and whether `trust` vouches for it tells `TLSInfo`.
    public var requestsPeerCertificate = false
    public var trust = TLSTrust.system
    /// Handed from one context to the next, they make the tickets of the one good for the other.
    public var ticketKeys = TLSTicketKeys()

    public init(identities: TLSIdentities) {
        self.identities = identities
    }
}

/// How a client speaks TLS.
public struct TLSClientSettings: Sendable {
    public var versions = TLSVersion.v1_2...TLSVersion.v1_3
    public var trust = TLSTrust.system
    /// Ends the handshake if the server's certificate is not trusted or not for its name.
    ///
    /// Without this the result is told in `TLSInfo` alone.
    public var verifiesPeer = true
    /// The client's own certificate (SASL EXTERNAL).
    public var identity: TLSIdentity?

    public init() {}
}

/// What one connection is, on top of its context.
public enum TLSRole: Sendable {
    /// - Parameters:
    ///   - applicationProtocols: by our preference (ALPN, RFC 7301). A client that names
    ///     protocols, none of them among these, is refused; one that names none is not. Empty:
    ///     ALPN is ignored, as for STARTTLS.
    ///   - hint: the domain in A-labels that the stream has named before STARTTLS, for clients whose
    ///     handshake names none, or none of ours.
    case server(applicationProtocols: [String] = [], hint: String? = nil)

    /// - Parameters:
    ///   - serverName: the domain (or IP address) that the certificate must be for; a domain is also
    ///     sent as SNI.
    ///   - applicationProtocols: as offered, `xmpp-client` or `xmpp-server` (XEP-0368 §4).
    ///   - ticket: of an earlier session with this server, to resume it.
    ///   - identity: the certificate that this connection shows, in place of the context's.
    ///   - checksName: whether the certificate must be for the name. Servers prove themselves by names
    ///     that OpenSSL does not know (RFC 6120 §13.7.1.2): then the chain alone is judged here.
    case client(
        serverName: String,
        applicationProtocols: [String] = [],
        ticket: TLSTicket? = nil,
        identity: TLSIdentity? = nil,
        checksName: Bool = true
    )
}
