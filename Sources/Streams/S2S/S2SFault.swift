public import MartletCore
public import MartletSASL

/// Why stanzas of a pair cannot go over a stream, or why there is none.
public enum S2SFault: Error, Hashable, Sendable {
    /// No server of the domain's was found, or none took the connection; with what senders are told.
    case unreachable(StanzaError.Condition, String)
    /// The connection ended or was cut.
    case lost(String)
    case tlsNotOffered
    case tlsFailed(String)
    /// The certificate does not prove the name, and nothing less is enough; with the reason.
    case notProved(String)
    /// The peer offers nothing that we can do.
    case noWayToAuthenticate
    case saslRefused(SASLFailure.Condition)
    case dialbackInvalid
    case dialback(DialbackFault)
    /// What the peer ended the stream with.
    case stream(StreamError.Condition)
    /// What we ended the stream with.
    case ended(StreamError.Condition)
    case protocolViolation(String)
    case timedOut
    /// Our own settings allow no streams with the peer.
    case notAdmitted
    /// More waits than there is room for.
    case overloaded
    /// This server stops.
    case stopping
}

extension S2SFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(_, let reason), .lost(let reason), .notProved(let reason): reason
        case .tlsNotOffered: "it offers no TLS"
        case .tlsFailed(let reason): "TLS failed: \(reason)"
        case .noWayToAuthenticate: "it offers neither EXTERNAL nor dialback"
        case .saslRefused(let condition): "it refused our certificate: \(condition.rawValue)"
        case .dialbackInvalid: "it says that our dialback key is invalid"
        case .dialback(let fault): "it could not verify our dialback key: \(fault.rawValue)"
        case .stream(let condition): "it ended the stream: \(condition.rawValue)"
        case .ended(let condition): "it was sent away: \(condition.rawValue)"
        case .protocolViolation(let reason): "it does not follow the protocol: \(reason)"
        case .timedOut: "it did not answer in time"
        case .notAdmitted: "our settings allow no streams with it"
        case .overloaded: "too much waits for it already"
        case .stopping: "this server stops"
        }
    }
}
