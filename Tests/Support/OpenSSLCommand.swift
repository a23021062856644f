import Glibc

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
        run(words + (names.map { ["-addext", "subjectAltName=\($0)"] } ?? []))
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
