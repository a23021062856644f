internal import COpenSSL

/// Why a TLS connection failed; the peer's doing, or the network's.
///
/// Made of OpenSSL's own words alone, never of the peer's bytes: safe to log.
public struct TLSFault: Error, Hashable, Sendable, CustomStringConvertible {
    public let reason: String

    /// The handshake took more bytes than any honest one does.
    public static let handshakeTooLarge = TLSFault("handshake too large")

    init(_ reason: String) {
        self.reason = reason
    }

    public var description: String { "TLS: \(reason)" }
}

/// What is wrong with the TLS settings; the operator's business.
public struct TLSSettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What it is about: a path, or `certificate`, `key`, `trusted certificates`.
    public let subject: String
    public let reason: String

    init(_ subject: String, _ reason: String) {
        self.subject = subject
        self.reason = reason
    }

    public var description: String { "\(subject): \(reason)" }
}

/// OpenSSL's queue of errors, which belongs to the thread.
enum OpenSSLErrors {
    /// Takes all errors out, and gives the oldest one's words.
    static func drain() -> String? {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0 else { return nil }
        guard let words = ERR_reason_error_string(code) else { return "error \(code)" }
        return String(cString: words)
    }

    static func clear() {
        ERR_clear_error()
    }
}
