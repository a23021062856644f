public import MartletCore
public import MartletSASL

/// Why a client could not get, or lost, its stream.
public enum ClientFault: Error, Equatable, Sendable {
    /// The server could not be reached, or the connection broke; why, in a sentence.
    case connection(String)
    case tlsNotOffered
    case tlsRefused
    /// The client gave up the login: nothing that is offered fits, or the server is not what it says.
    case sasl(SASLClientError, offered: [SASLMechanismName])
    case loginRefused(SASLFailure)
    case bindRefused(StanzaError?)
    case stream(StreamError)
    case protocolViolation(String)
    /// The answer did not come in time.
    case timedOut
}

extension ClientFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .connection(let reason): "the connection failed: \(reason)"
        case .tlsNotOffered: "the server does not offer TLS"
        case .tlsRefused: "the server refused to start TLS"
        case .sasl(.noCommonMechanism, let offered):
            "no common way to log in; the server offers "
                + offered.map(\.rawValue).joined(separator: ", ")
        case .sasl(.serverNotVerified, _):
            "the server does not know the password: it may be an impostor"
        case .sasl(let error, _): "the login was given up: \(error)"
        case .loginRefused(let failure):
            "the server refused the login: \(failure.condition.rawValue)"
        case .bindRefused(let error):
            "the server gave no resource: \(error?.condition.rawValue ?? "no reason given")"
        case .stream(let error):
            "the server closed the stream: \(error.condition.rawValue)"
                + (error.text.map { " (\($0))" } ?? "")
        case .protocolViolation(let what): "the server broke the protocol: \(what)"
        case .timedOut: "the server did not answer in time"
        }
    }
}
