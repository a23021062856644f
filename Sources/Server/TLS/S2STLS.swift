import MartletCore
import MartletCrypto

/// How streams between servers are secured: one context for those that come, one for those that go.
///
/// Neither ends a handshake over a certificate: what came is noted, and judged by name and settings for
/// each pair (`PeerIdentity`). A peer that cannot prove itself may yet be asked by dialback.
struct S2STLS: Sendable {
    /// For incoming streams; nil where an embedder wants no TLS (`TLSFiles.folder` is nil).
    let server: TLSContext?
    /// For outgoing streams, which try TLS even where we have no certificate to show.
    let client: TLSContext
    private let certificates: ServerCertificates
    /// The same from one reload to the next; never those of clients' listeners.
    private let ticketKeys: TLSTicketKeys

    /// They replace `previous`, if there is one.
    ///
    /// - Throws: what cannot be used of the certificates, or of the authorities' file.
    init(
        _ settings: ServerSettings,
        certificates: ServerCertificates,
        after previous: S2STLS? = nil
    ) throws {
        self.certificates = certificates
        ticketKeys = previous?.ticketKeys ?? TLSTicketKeys()
        let trust = settings.s2s.authorities.map { TLSTrust.file($0) } ?? .system
        let versions = (settings.tls.allowsTLS12 ? TLSVersion.v1_2 : .v1_3) ... .v1_3
        var outgoing = TLSClientSettings()
        outgoing.versions = versions
        outgoing.trust = trust
        outgoing.verifiesPeer = false
        client = try TLSContext(client: outgoing)
        guard let identities = certificates.identities else {
            server = nil
            return
        }
        var incoming = TLSServerSettings(identities: identities)
        incoming.versions = versions
        incoming.requestsPeerCertificate = true
        incoming.trust = trust
        incoming.ticketKeys = ticketKeys
        server = try TLSContext(server: incoming)
    }

    /// Whether we have a certificate to log in to peers with when we speak for one of our domains.
    func hasCertificate(for domain: JID) -> Bool { certificates.identity(of: domain) != nil }

    /// How an incoming stream is secured.
    ///
    /// `domain` is the one of ours that its header named before STARTTLS; nil under direct TLS.
    func serverRole(for domain: JID?, isDirect: Bool) -> TLSRole {
        .server(
            applicationProtocols: isDirect ? Self.applicationProtocols : [],
            hint: domain?.asciiDomainpart
        )
    }

    /// How an outgoing stream is secured, and which certificate it shows: the sender's.
    func clientRole(for pair: DomainPair, isDirect: Bool) -> TLSRole {
        .client(
            serverName: pair.target.asciiDomainpart,
            applicationProtocols: isDirect ? Self.applicationProtocols : [],
            identity: certificates.identity(of: pair.sender),
            checksName: false
        )
    }

    /// XEP-0368 §4.
    private static let applicationProtocols = ["xmpp-server"]
}
