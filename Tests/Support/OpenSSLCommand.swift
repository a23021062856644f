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
}
