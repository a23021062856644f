import Glibc
import MartletCrypto

/// Certificates for tests, each made by the `openssl` command once per run.
enum TestIdentity {
    static let romeo = make("montague.example", "DNS:montague.example,DNS:*.montague.example")
    static let juliet = make("capulet.example", "DNS:capulet.example")

    struct Files: Sendable {
        let certificate: String
        let identity: TLSIdentity?
    }

    private static func make(_ name: String, _ names: String) -> Files {
        var template = Array("/tmp/martlet-tls-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return Files(certificate: "", identity: nil) }
        let folder = String(
            decoding: template.dropLast().map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
        let (key, certificate) = (folder + "/key.pem", folder + "/cert.pem")
        run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-keyout", key, "-out", certificate, "-subj", "/CN=\(name)",
            "-addext", "subjectAltName=\(names)",
        ])
        defer {
            unlink(key)
            unlink(certificate)
            rmdir(folder)
        }
        return Files(
            certificate: text(ofFile: certificate),
            identity: try? TLSIdentity(certificatePath: certificate, keyPath: key)
        )
    }

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

/// The text of a small file.
private func text(ofFile path: String) -> String {
    let file = open(path, O_RDONLY)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
}
