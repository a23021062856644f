import Foundation
import MartletCrypto
import TestSupport

/// A certificate that a client shows, made by the `openssl` command.
struct ClientCertificate {
    /// Where its text is, for a server that is to trust it.
    let path: String
    let identity: TLSIdentity

    /// Makes one in a folder: its subject (`/CN=…`) and names (`otherName:…`) as `openssl` reads them.
    init(_ name: String, subject: String, names: String?, in folder: String) throws {
        let key = "\(folder)/\(name).key"
        path = "\(folder)/\(name).crt"
        OpenSSLCommand.makeCertificate(at: path, key: key, subject: subject, names: names)
        identity = try TLSIdentity(certificatePath: path, keyPath: key)
    }

    /// Makes one that is good from one day to another, both written `20260131`.
    init(_ name: String, names: String, from: String, until: String, in folder: String) throws {
        let key = "\(folder)/\(name).key"
        path = "\(folder)/\(name).crt"
        OpenSSLCommand.makeCertificate(
            at: path,
            key: key,
            subject: "/CN=x",
            names: names,
            from: from,
            until: until
        )
        identity = try TLSIdentity(certificatePath: path, keyPath: key)
    }
}

/// Gives `body` an empty folder, and takes it away afterwards.
func withFolder<R>(_ body: (String) async throws -> R) async throws -> R {
    let folder = NSTemporaryDirectory() + "/martlet-\(UUID().uuidString)"
    let manager = FileManager.default
    try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? manager.removeItem(atPath: folder) }
    return try await body(folder)
}
