/// The initiating side of one exchange: a machine without I/O, used once.
///
/// An error ends it: the stream sends `<abort/>` and does not believe the server.
public protocol SASLClientMechanism: Sendable {
    var name: SASLMechanismName { get }

    /// The data of `<auth/>`: nil for none, empty for `=` (RFC 6120 §6.4.2).
    mutating func begin() throws(SASLClientError) -> [UInt8]?

    /// The data of `<response/>`. SCRAM derives its key here: call it on a worker.
    mutating func answer(_ challenge: [UInt8]) throws(SASLClientError) -> [UInt8]

    /// Checks what came with `<success/>`; only then is the login worth anything.
    mutating func finish(_ additionalData: [UInt8]?) throws(SASLClientError)
}

/// Why a client gave up.
public enum SASLClientError: Error, Hashable, Sendable {
    /// The server offers nothing that the credentials, TLS and the client's rules allow.
    case noCommonMechanism
    /// The password is empty or holds what RFC 8265 §4 forbids.
    case unusablePassword
    /// A message out of order, or one that the mechanism's grammar does not know.
    case malformedChallenge
    /// The server's nonce does not begin with the client's: somebody replays.
    case foreignNonce
    /// The iteration count is too low to protect the password, or too high to be meant well.
    case iterationsRefused(Int)
    /// The server could not show that it knows the password's verifier.
    case serverNotVerified
    /// The server said why it refused (RFC 5802 §7, `server-error-value`).
    case refused(String)
}

/// Refuses data with `<success/>`, for mechanisms that have none for the end (RFC 4422 §5.1).
func refuseData(_ data: [UInt8]?) throws(SASLClientError) {
    guard data?.isEmpty ?? true else { throw .malformedChallenge }
}
