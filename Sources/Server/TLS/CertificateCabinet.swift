import Foundation
import Logging
import MartletCore
import MartletCrypto
import MartletStorage

/// Finds the certificate of each domain, and makes those that are missing.
struct CertificateCabinet {
    let files: TLSFiles
    let log: Logger

    /// The certificates as the files hold them now; nil when there is to be no TLS.
    ///
    /// - Throws: `AdminFault` naming the file that cannot be used.
    func identities(of domains: [DomainSettings]) throws -> TLSIdentities? {
        guard let folder = files.folder else { return nil }
        var identities = TLSIdentities()
        for name in try wildcards(in: folder) {
            identities[name] = try load(name, from: folder)
        }
        for domain in domains {
            identities[domain.name] = try identity(of: domain, in: folder, besides: identities)
        }
        // Set last: until here, it would pass for the certificate of every domain.
        identities.fallback = domains.lazy.compactMap { identities[$0.name] }.first
        return identities
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
        if let wildcard = known.identity(for: domain.name) { return wildcard }
        guard files.makesMissing else { return nil }
        return try make(domain.name, in: folder)
    }

    private func wildcards(in folder: String) throws -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix("*.") && ($0.hasSuffix(".pem") || $0.hasSuffix(".crt")) }
            .map { String($0.dropLast(4)) }
    }

    private func load(_ name: String, from folder: String) throws -> TLSIdentity? {
        let exists = FileManager.default.fileExists(atPath:)
        let both = "\(folder)/\(name).pem"
        if exists(both) { return try load(both, key: both) }
        let certificate = "\(folder)/\(name).crt"
        guard exists(certificate) else { return nil }
        return try load(certificate, key: "\(folder)/\(name).key")
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
                asciiDomain: domain,
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
