public import MartletCore

/// The receiving side of one exchange: a machine without I/O, used once.
///
/// The stream feeds it what the peer sends and what the store answers, and does what it says. An event
/// that does not fit ends the exchange with `malformed-request`; so does every event behind the end.
public protocol SASLServerMechanism: Sendable {
    var name: SASLMechanismName { get }

    mutating func step(_ event: SASLServerEvent) -> SASLServerAction
}

/// What happens to an exchange on the server's side.
public enum SASLServerEvent: Sendable {
    /// `<auth/>` came: nil without an initial response, empty for `=` (RFC 6120 §6.4.2).
    case initial([UInt8]?)
    /// `<response/>` came, decoded from base64.
    case response([UInt8])
    /// The store answered a `lookup`: nil for no such user, or none with this mechanism's hash.
    case credentials(ScramCredentials?)
    /// Whether the password of a `verifyPassword` was right.
    case verified(Bool)
}

/// What the stream does next.
public enum SASLServerAction: Hashable, Sendable {
    /// Send `<challenge/>`.
    case challenge([UInt8])
    /// Ask the store for the verifier of a prepared localpart, then step with `credentials`.
    case lookup(username: String)
    /// Derive a verifier from the password on a worker and compare (`PasswordCheck`), then step with
    /// `verified`. Both texts are prepared.
    case verifyPassword(username: String, password: String)
    /// Send `<success/>` with the data, if there is any.
    case success(SASLIdentity, additionalData: [UInt8]?)
    /// Send `<failure/>`.
    case failure(SASLFailure)
}

extension SASLServerEvent: CustomStringConvertible {
    /// The kind alone: what a peer sends may hold its password.
    public var description: String {
        switch self {
        case .initial(nil): "initial without a response"
        case .initial: "initial"
        case .response: "response"
        case .credentials(nil): "no credentials"
        case .credentials: "credentials"
        case .verified(let isRight): "verified \(isRight)"
        }
    }
}

extension SASLServerAction: CustomStringConvertible {
    /// The kind and the name: passwords and proofs stay out of logs.
    public var description: String {
        switch self {
        case .challenge: "challenge"
        case .lookup(let username): "lookup of \(username)"
        case .verifyPassword(let username, _): "verification of \(username)"
        case .success(let identity, _): "success of \(identity.jid) by \(identity.mechanism)"
        case .failure(let failure): "failure \(failure.condition.rawValue)"
        }
    }
}

/// Who the peer has proved to be.
public struct SASLIdentity: Hashable, Sendable {
    /// A user's bare address, or another server's domain.
    public let jid: JID
    public let mechanism: SASLMechanismName

    public init(_ jid: JID, by mechanism: SASLMechanismName) {
        self.jid = jid
        self.mechanism = mechanism
    }

    public var isAnonymous: Bool { mechanism == .anonymous }
}
