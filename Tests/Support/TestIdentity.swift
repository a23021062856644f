import Glibc
package import MartletCrypto

/// Certificates for tests, each made by the `openssl` command once per run.
package enum TestIdentity {
    package static let romeo = make(
        "montague.example",
        "DNS:montague.example,DNS:*.montague.example"
    )
    package static let juliet = make("capulet.example", "DNS:capulet.example")

    package struct Files: Sendable {
        package let certificate: String
        package let identity: TLSIdentity?
    }

    private static func make(_ name: String, _ names: String) -> Files {
        var template = Array("/tmp/martlet-tls-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return Files(certificate: "", identity: nil) }
        let folder = String(
            decoding: template.dropLast().map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
        let (key, certificate) = (folder + "/key.pem", folder + "/cert.pem")
        OpenSSLCommand.makeCertificate(
            at: certificate,
            key: key,
            subject: "/CN=\(name)",
            names: names
        )
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
}

/// The text of a small file.
func text(ofFile path: String) -> String {
    let file = open(path, O_RDONLY)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
}
