import Glibc
package import MartletCrypto

/// Someone who signs certificates for tests, by the `openssl` command.
package struct TestAuthority: Sendable {
    /// In PEM, for `TLSTrust.pem` and the settings' files.
    package let certificate: String
    private let key: String

    package init(_ name: String) async throws {
        (certificate, key) = try await Self.inFolder { folder in
            let words = [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-days", "2", "-keyout", "key.pem", "-out", "cert.pem", "-subj",
                "/CN=\(name)", "-addext", "keyUsage=critical,keyCertSign",
            ]
            try Self.check(await Command.runAside(words, in: folder))
            return (text(ofFile: "\(folder)/cert.pem"), text(ofFile: "\(folder)/key.pem"))
        }
    }

    /// Signs a certificate for a new key, both returned in PEM.
    ///
    /// `subject` is the common name, `names` the `subjectAltName` as the command reads it
    /// (`DNS:…,otherName:…`), nil for none. It is good from one day until another, both written
    /// `20260131`; `uses` are the key's extended uses.
    package func sign(
        subject: String,
        names: String?,
        from: String = "20260101",
        until: String = "21260101",
        uses: String = "serverAuth,clientAuth"
    ) async throws -> (certificate: String, key: String) {
        let configuration = """
            [ca]
            default_ca = own
            [own]
            database = index
            serial = serial
            new_certs_dir = .
            default_md = sha256
            rand_serial = yes
            policy = any
            x509_extensions = leaf
            [any]
            commonName = supplied
            [leaf]
            basicConstraints = critical,CA:FALSE
            extendedKeyUsage = \(uses)
            \(names.map { "subjectAltName = \($0)" } ?? "")
            """
        let script = """
            set -e
            printf '%s\\n' "$1" > config; printf '%s' "$2" > ca.pem; printf '%s' "$3" > ca.key
            : > index; openssl rand -hex 8 > serial
            openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \\
                -keyout key.pem -out request -subj "/CN=$4"
            openssl ca -config config -batch -cert ca.pem -keyfile ca.key \\
                -in request -out cert.pem -notext -startdate "$5000000Z" -enddate "$6000000Z"
            """
        let words = [
            "sh", "-c", script, "sh", configuration, certificate, key, subject, from, until,
        ]
        return try await Self.inFolder { folder in
            try Self.check(await Command.runAside(words, in: folder))
            return (text(ofFile: "\(folder)/cert.pem"), text(ofFile: "\(folder)/key.pem"))
        }
    }

    /// The same as what a connection shows.
    package func issue(
        subject: String,
        names: String?,
        from: String = "20260101",
        until: String = "21260101",
        uses: String = "serverAuth,clientAuth"
    ) async throws -> TLSIdentity {
        let made = try await sign(
            subject: subject,
            names: names,
            from: from,
            until: until,
            uses: uses
        )
        return try TLSIdentity(certificatePEM: made.certificate, keyPEM: made.key)
    }

    /// What the command said when it could not.
    private struct Refusal: Error { let said: String }

    private static func check(_ outcome: Command.Outcome) throws {
        guard outcome.status == 0 else { throw Refusal(said: outcome.said) }
    }

    private static func inFolder<R>(_ work: (String) async throws -> R) async throws -> R {
        var template = Array("/tmp/martlet-ca-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Refusal(said: "no folder") }
        let bytes = template.dropLast().map(UInt8.init(bitPattern:))
        let folder = String(decoding: bytes, as: UTF8.self)
        defer { _ = Command.run(["rm", "-r", folder]) }
        return try await work(folder)
    }
}
