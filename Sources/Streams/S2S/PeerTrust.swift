/// What one of our domains asks of a peer.
public struct PeerTrust: Hashable, Sendable {
    public enum TLS: String, Hashable, Sendable, CaseIterable { case required, optional }

    /// What proves a name, at least; a certificate is always tried first.
    public enum Proof: String, Hashable, Sendable, CaseIterable { case certificate, dialback }

    /// Whether there are streams with the peer at all.
    public var isAdmitted = true
    public var tls = TLS.required
    public var proof = Proof.dialback
    /// SHA-256 digests of certificates that prove the peer's name, whoever signed them.
    public var pins: [[UInt8]] = []

    public init() {}
}
