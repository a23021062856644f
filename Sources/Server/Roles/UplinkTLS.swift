import MartletCore
import MartletCrypto

/// How the stream to the main process is secured: TLS from its first byte, and a certificate that is
/// judged in the handshake, since the secret is for one process alone.
struct UplinkTLS: Sendable {
    let context: TLSContext
    let role: TLSRole

    /// What the settings ask for; nil where that is no TLS, and in any process but the services'.
    ///
    /// - Throws: what cannot be used of the authorities' file.
    init?(_ settings: ServerSettings) throws {
        let services = settings.services
        guard settings.role == .services, services.tls == .direct else { return nil }
        var client = TLSClientSettings()
        client.versions = (settings.tls.allowsTLS12 ? TLSVersion.v1_2 : .v1_3) ... .v1_3
        client.trust = services.authorities.map { .file($0) } ?? .system
        context = try TLSContext(client: client)
        let name = services.name ?? services.join.host
        role = .client(serverName: (try? JID(nil, name))?.asciiDomainpart ?? name)
    }
}
