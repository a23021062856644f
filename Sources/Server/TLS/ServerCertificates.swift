import Logging
import MartletCore
import MartletCrypto

/// The certificates of all our names, read once for whoever speaks TLS: clients' listeners and streams
/// between servers.
struct ServerCertificates: Sendable {
    /// By names in A-labels; nil when there is to be no TLS.
    let identities: TLSIdentities?

    /// Reads the files, and makes what is missing if it is to be made.
    ///
    /// - Throws: `AdminFault` naming the file that cannot be used.
    init(_ settings: ServerSettings, log: Logger) throws {
        let cabinet = CertificateCabinet(files: settings.tls, log: log)
        identities = try cabinet.identities(
            of: settings.domains,
            components: settings.components.keys.sorted()
        )
    }

    /// What we show as a client when we speak for one of our domains: never another tenant's.
    func identity(of domain: JID) -> TLSIdentity? {
        identities?.identity(of: domain.asciiDomainpart)
    }
}
