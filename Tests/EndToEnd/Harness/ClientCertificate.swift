import Foundation
import MartletCrypto

/// A certificate that a client shows, made by the `openssl` command.
struct ClientCertificate {
    /// Where its text is, for a server that is to trust it.
    let path: String
    let identity: TLSIdentity

    /// Makes one in a folder: its subject (`/CN=…`) and names (`otherName:…`) as `openssl` reads them.
    init(_ name: String, subject: String, names: String?, in folder: String) throws {
        let key = "\(folder)/\(name).key"
        path = "\(folder)/\(name).crt"
        let words =
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-days", "2", "-keyout", key, "-out", path, "-subj", subject,
            ] + (names.map { ["-addext", "subjectAltName=\($0)"] } ?? [])
        Self.run(words)
        identity = try TLSIdentity(certificatePath: path, keyPath: key)
    }

    /// Runs a command to its end; Foundation's `Process` reads past a buffer, which ends a run under
    /// AddressSanitizer.
    private static func run(_ words: [String]) {
        var arguments = words.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        defer { arguments.forEach { free($0) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var child = pid_t()
        guard posix_spawnp(&child, words[0], &actions, nil, &arguments, environ) == 0 else {
            return
        }
        var status: CInt = 0
        waitpid(child, &status, 0)
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
