import Foundation
import Logging
import MartletCore
import MartletCrypto
import MartletStorage

/// Finds the certificate of each name of ours, and makes those that are missing.
///
/// Files are named as the settings name the domain, or in A-labels; certificates are filed in A-labels,
/// as DNS and TLS spell names.
struct CertificateCabinet {
    let files: TLSFiles
    let log: Logger

    /// The certificates as the files hold them now; nil when there is to be no TLS.
    ///
    /// A component without a file of its own shows its parent's. So do services, whose names are not
    /// known here: what the folder has for names right below a domain is for them.
    ///
    /// - Throws: `AdminFault` naming the file that cannot be used.
    func identities(
        of domains: [DomainSettings],
        components: [String] = []
    ) throws -> TLSIdentities? {
        guard let folder = files.folder else { return nil }
        var identities = TLSIdentities()
        let found = names(in: folder)
        for name in found where name.hasPrefix("*.") {
            identities[Self.ascii(name)] = try load(name, from: folder)
        }
        for domain in domains {
            identities[Self.ascii(domain.name)] =
                try identity(of: domain, in: folder, besides: identities)
        }
        let parents = Set(domains.map { Self.ascii($0.name) })
        for name in found where isService(name, below: parents) && !components.contains(name) {
            identities[Self.ascii(name)] = loadIfSound(name, from: folder)
        }
        for component in components {
            identities[Self.ascii(component)] =
                try identity(ofComponent: component, in: folder, besides: identities)
        }
        // Set last: until here, it would pass for the certificate of every domain.
        identities.fallback = domains.lazy.compactMap { identities[Self.ascii($0.name)] }.first
        return identities
    }

    /// A domain in A-labels; a wildcard's `*` stays.
    static func ascii(_ name: String) -> String {
        guard !name.hasPrefix("*.") else { return "*." + ascii(String(name.dropFirst(2))) }
        return (try? JID(name))?.asciiDomainpart ?? name
    }

    private func identity(
        of domain: DomainSettings,
        in folder: String,
        besides known: TLSIdentities
    ) throws -> TLSIdentity? {
        if let certificate = domain.certificate {
            return try load(certificate, key: domain.key ?? certificate)
        }
        if let own = try load(domain.name, from: folder) { return own }
        // A wildcard's certificate does; nothing is made beside it.
        if let wildcard = known.ownIdentity(of: Self.ascii(domain.name)) { return wildcard }
        guard files.makesMissing else { return nil }
        return try make(domain.name, in: folder)
    }

    private func identity(
        ofComponent name: String,
        in folder: String,
        besides known: TLSIdentities
    ) throws -> TLSIdentity? {
        if let own = try load(name, from: folder) { return own }
        if let other = known.identity(of: Self.ascii(name)) { return other }
        guard files.makesMissing else { return nil }
        return try make(name, in: folder)
    }

    /// Whether a name is right below one of ours.
    private func isService(_ name: String, below parents: Set<String>) -> Bool {
        let name = Self.ascii(name)
        guard !parents.contains(name), !name.hasPrefix("*."), let dot = name.firstIndex(of: ".")
        else { return false }
        return parents.contains(String(name[dot...].dropFirst()))
    }

    /// The names for which there are files, in order.
    private func names(in folder: String) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let names = files.filter { $0.hasSuffix(".pem") || $0.hasSuffix(".crt") }
            .map { String($0.dropLast(4)) }
        return Set(names).sorted()
    }

    /// A certificate that no setting asked for: one that is no good is told, and left.
    private func loadIfSound(_ name: String, from folder: String) -> TLSIdentity? {
        do {
            return try load(name, from: folder)
        } catch {
            log.warning("not used", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    private func load(_ name: String, from folder: String) throws -> TLSIdentity? {
        let exists = FileManager.default.fileExists(atPath:)
        for path in [name, Self.ascii(name)].map({ "\(folder)/\($0)" }) {
            if exists("\(path).pem") { return try load("\(path).pem", key: "\(path).pem") }
            if exists("\(path).crt") { return try load("\(path).crt", key: "\(path).key") }
        }
        return nil
    }

    private func load(_ certificate: String, key: String) throws -> TLSIdentity {
        do {
            return try TLSIdentity(certificatePath: certificate, keyPath: key)
        } catch {
            throw AdminFault("the certificate \(certificate) cannot be used: \(error)")
        }
    }

    /// Writes a file that was never anyone else's to read, not even for a moment.
    private func write(_ secret: String, to file: String) throws {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw AdminFault("\(file) cannot be written: \(String(cString: strerror(errno)))")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data(secret.utf8))
            try handle.close()
        } catch {
            unlink(file)
            throw AdminFault("\(file) cannot be written: \(error)")
        }
    }

    /// Self-signed, for a first run and for tests; a person must replace it before strangers come.
    private func make(_ domain: String, in folder: String) throws -> TLSIdentity {
        let made: SelfSignedCertificate
        do {
            made = try SelfSignedCertificate(
                asciiDomain: Self.ascii(domain),
                domain: domain,
                atUnixTime: Timestamp.now().microseconds / 1_000_000
            )
        } catch {
            throw AdminFault("no certificate could be made for \(domain): \(error)")
        }
        let file = "\(folder)/\(domain).pem"
        try Folder.make(folder)
        try write(made.certificatePEM + made.keyPEM, to: file)
        log.warning("made a self-signed certificate", metadata: ["domain": "\(domain)"])
        return try load(file, key: file)
    }
}
