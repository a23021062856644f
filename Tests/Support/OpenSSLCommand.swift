/// The `openssl` command, by which tests make their certificates.
package enum OpenSSLCommand {
    /// Makes a key and a certificate signed by it, good for two days, as PEM files.
    ///
    /// `subject` (`/CN=…`) and `names` (`DNS:…,otherName:…`) are as the command reads them. What went
    /// wrong shows when the files are read.
    package static func makeCertificate(
        at certificate: String,
        key: String,
        subject: String,
        names: String?
    ) {
        let words = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-keyout", key, "-out", certificate, "-subj", subject,
        ]
        _ = Command.run(words + (names.map { ["-addext", "subjectAltName=\($0)"] } ?? []))
    }

    /// Makes the same, good from one day to another, both written `20260131`.
    package static func makeCertificate(
        at certificate: String,
        key: String,
        subject: String,
        names: String,
        from: String,
        until: String
    ) {
        // The command `ca` takes dates, but wants a folder of its own.
        let folder = "\(certificate).ca"
        let configuration = """
            [ca]
            default_ca = own
            [own]
            dir = \(folder)
            database = \(folder)/index
            serial = \(folder)/serial
            new_certs_dir = \(folder)
            default_md = sha256
            policy = any
            x509_extensions = names
            [any]
            commonName = supplied
            [names]
            subjectAltName = \(names)
            """
        let script = """
            set -e
            mkdir "$1"; : > "$1/index"; echo 01 > "$1/serial"; printf '%s' "$2" > "$1/config"
            openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \\
                -keyout "$3" -out "$1/request" -subj "$5"
            openssl ca -config "$1/config" -batch -selfsign -keyfile "$3" -in "$1/request" \\
                -out "$4" -notext -startdate "$6000000Z" -enddate "$7000000Z"
            """
        let words = ["sh", "-c", script, "sh", folder, configuration, key, certificate]
        _ = Command.run(words + [subject, from, until])
    }
}
