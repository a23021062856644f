internal import COpenSSL

/// What Martlet reads from an X.509 certificate, taken out of it by OpenSSL once.
///
/// Names come from `subjectAltName` alone, never from the subject (RFC 9525 §2): whoever asks for a
/// certificate writes the subject as they like.
public struct Certificate: Hashable, Sendable {
    /// The whole certificate in DER.
    public let der: [UInt8]
    /// The `dNSName`s, as they stand there: A-labels, perhaps with a wildcard.
    public let dnsNames: [String]
    /// The addresses under `id-on-xmppAddr` (RFC 6120 §13.7.1.4), not prepared.
    public let xmppAddresses: [String]
    /// The service names under `id-on-dnsSRV`, such as `_xmpp-server.example.com` (RFC 4985).
    public let srvNames: [String]
    /// The `iPAddress`es.
    let addresses: [AddressOctets]
    /// When it begins and ends to be valid, in seconds since 1970.
    public let validity: ClosedRange<Int64>
    /// The channel binding `tls-server-end-point` (RFC 5929 §4.1), or nil when the signature's
    /// algorithm has no digest of its own (Ed25519).
    public let serverEndPoint: [UInt8]?

    /// Reads DER, all of it.
    public init(der: [UInt8]) throws(CertificateError) {
        try self.init(X509Handle(der: der))
    }

    /// Reads the first certificate of a PEM text.
    public init(pem: String) throws(CertificateError) {
        try self.init(X509Handle(pem: pem))
    }

    /// Reads a certificate that OpenSSL holds, such as a peer's; the caller keeps it.
    init(x509: OpaquePointer) throws(CertificateError) {
        try self.init(X509Handle(retaining: x509))
    }

    init(_ handle: borrowing X509Handle) throws(CertificateError) {
        let names = try SubjectAltNames(of: handle)
        der = handle.der
        dnsNames = names.dnsNames
        xmppAddresses = names.xmppAddresses
        srvNames = names.srvNames
        addresses = names.addresses
        validity = try handle.validity()
        serverEndPoint = handle.serverEndPoint
    }

    /// The `iPAddress`es as they are written: `192.0.2.1`, `2001:db8::1`.
    public var ipAddresses: [String] { addresses.map(\.text) }

    /// The SHA-256 digest of the certificate, as it is pinned and printed.
    public var fingerprint: [UInt8] { HashFunction.sha256.hash(der) }

    public func isValid(atUnixTime seconds: Int64) -> Bool { validity.contains(seconds) }
}

/// Why a certificate cannot be used.
public enum CertificateError: Error, Hashable, Sendable {
    /// Not a certificate, or one with something behind it.
    case unreadable
    /// A name that holds NUL or what its type does not allow: made to be read in two ways.
    case malformedName
    /// More names than anybody has use for; each claim would be compared with all of them.
    case tooManyNames
    /// The dates are none, or in the wrong order.
    case malformedValidity
    /// OpenSSL could not make what was asked for.
    case notMade
}
