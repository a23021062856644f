public import MartletCore
public import MartletCrypto
internal import MartletSASL

/// Who is at the other end of a server's stream, as TLS knows it.
///
/// Made once, when the handshake is over; the clock's reading of that moment is part of it.
public struct PeerIdentity: Hashable, Sendable {
    /// What is thought of the chain of certificates above the peer's.
    public enum Chain: Hashable, Sendable {
        /// It showed no certificate.
        case none
        case trusted
        /// With OpenSSL's words for why it is not.
        case untrusted(String)
    }

    public var certificate: Certificate?
    public var chain: Chain
    /// Seconds since 1970 at the handshake.
    public var unixTime: Int64

    public init(certificate: Certificate?, chain: Chain, unixTime: Int64) {
        self.certificate = certificate
        self.chain = chain
        self.unixTime = unixTime
    }

    /// A peer without a certificate, or without TLS.
    public static let unknown = PeerIdentity(certificate: nil, chain: .none, unixTime: 0)

    /// Whether the peer is the server of a domain: its certificate was issued to it by someone whom we
    /// trust (RFC 6120 §13.7.2, RFC 9525 §6), or is one of those whose SHA-256 digests are given.
    public func proves(_ domain: JID, pins: [[UInt8]] = []) -> Bool {
        guard let certificate else { return false }
        if pins.contains(certificate.fingerprint) { return true }
        guard chain == .trusted else { return false }
        return !certificate.servers(
            claiming: domain.domain,
            asciiDomain: domain.asciiDomainpart,
            atUnixTime: unixTime
        ).isEmpty
    }
}
