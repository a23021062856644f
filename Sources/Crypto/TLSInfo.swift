/// What was negotiated, and with whom.
public struct TLSInfo: Sendable, Hashable {
    /// What was found about the peer's certificate.
    public enum PeerVerification: Sendable, Hashable {
        case noCertificate
        case valid
        /// With OpenSSL's words for it.
        case invalid(String)
    }

    /// `TLSv1.3`.
    public var version: String
    /// OpenSSL's name of the cipher suite: `TLS_AES_256_GCM_SHA384`.
    public var cipher: String
    public var applicationProtocol: String?
    /// The name that the client asked for (SNI).
    public var serverName: String?
    /// In DER, the peer's own first.
    public var peerCertificates: [[UInt8]]
    public var peerVerification: PeerVerification
    public var isResumed: Bool
    /// The `tls-exporter` channel binding, 32 bytes (RFC 9266 §4.2).
    ///
    /// Nil under TLS 1.2.
    public var exporter: [UInt8]?
    /// The `tls-unique` channel binding, 12 bytes (RFC 5929 §3.1).
    ///
    /// Nil under TLS 1.3, which has none, and under TLS 1.2 without the extended master secret.
    public var unique: [UInt8]?
    /// The `tls-server-end-point` binding, a hash of the server's certificate (RFC 5929 §4.1).
    ///
    /// Nil if the signature of the certificate has no one hash.
    public var serverEndPoint: [UInt8]?

    public init(
        version: String,
        cipher: String,
        applicationProtocol: String? = nil,
        serverName: String? = nil,
        peerCertificates: [[UInt8]] = [],
        peerVerification: PeerVerification = .noCertificate,
        isResumed: Bool = false,
        exporter: [UInt8]? = nil,
        unique: [UInt8]? = nil,
        serverEndPoint: [UInt8]? = nil
    ) {
        self.version = version
        self.cipher = cipher
        self.applicationProtocol = applicationProtocol
        self.serverName = serverName
        self.peerCertificates = peerCertificates
        self.peerVerification = peerVerification
        self.isResumed = isResumed
        self.exporter = exporter
        self.unique = unique
        self.serverEndPoint = serverEndPoint
    }
}
