public import MartletCrypto

extension PeerIdentity {
    /// What a handshake told of the peer: its own certificate, and OpenSSL's verdict on the chain.
    ///
    /// Whom the certificate names is not looked at here (`proves`). A certificate that cannot be read, or
    /// has a name made to be read in two ways, is none, and the chain says why.
    ///
    /// `unixTime` is the clock's reading, in seconds since 1970.
    public init(_ info: TLSInfo?, atUnixTime unixTime: Int64) {
        self.init(certificate: nil, chain: .none, unixTime: unixTime)
        guard let der = info?.peerCertificates.first, let info else { return }
        do {
            certificate = try Certificate(der: der)
        } catch {
            chain = .untrusted(error.words)
            return
        }
        switch info.peerVerification {
        case .valid: chain = .trusted
        case .invalid(let reason): chain = .untrusted(reason)
        case .noCertificate: chain = .none
        }
    }
}

extension CertificateError {
    fileprivate var words: String {
        switch self {
        case .malformedName: "a name in it is malformed"
        case .tooManyNames: "it has too many names"
        case .malformedValidity: "its dates are malformed"
        case .unreadable, .notMade: "it cannot be read"
        }
    }
}
