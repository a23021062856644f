import MartletCore
import MartletStreams

/// What senders are told of stanzas that did not get to another server.
extension StanzaError {
    /// The error for a reason why nothing goes to a domain (RFC 6120 §8.3.3.16, §8.3.3.17).
    ///
    /// - Parameters:
    ///   - fault: the reason.
    ///   - domain: whose server it is about.
    ///   - mayHaveArrived: the stanza was written, and nobody knows what became of it.
    init(_ fault: S2SFault, of domain: JID, mayHaveArrived: Bool = false) {
        if mayHaveArrived {
            let text = "\(domain): \(fault); it may have received this before"
            self.init(.remoteServerTimeout, .wait, text)
            return
        }
        let (condition, kind) = fault.told
        self.init(condition, kind, "\(domain): \(fault)")
    }
}

extension S2SFault {
    /// The condition, and the type where it is not the condition's usual one.
    fileprivate var told: (StanzaError.Condition, StanzaError.Kind?) {
        switch self {
        case .unreachable(let condition, _): (condition, nil)
        case .lost, .timedOut, .dialback, .stopping: (.remoteServerTimeout, .wait)
        // "of a more permanent nature" (RFC 6120 §8.3.3.17): somebody must mend something.
        case .tlsNotOffered, .tlsFailed, .notProved, .noWayToAuthenticate, .saslRefused,
            .protocolViolation:
            (.remoteServerTimeout, .cancel)
        case .dialbackInvalid: (.internalServerError, nil)  // XEP-0220 §2.1.1
        case .stream(.hostUnknown), .stream(.hostGone): (.remoteServerNotFound, nil)
        case .stream, .ended: (.remoteServerTimeout, .wait)
        case .notAdmitted: (.notAllowed, nil)
        case .overloaded: (.resourceConstraint, .wait)
        }
    }

    /// What a peer is told whose claim could not be verified (XEP-0220 §2.5).
    var dialbackFault: DialbackFault {
        switch self {
        case .unreachable(.remoteServerNotFound, _), .stream(.hostUnknown), .stream(.hostGone):
            .remoteServerNotFound
        case .unreachable: .remoteConnectionFailed
        case .notAdmitted: .policyViolation
        case .overloaded: .resourceConstraint
        case .lost, .tlsNotOffered, .tlsFailed, .notProved, .noWayToAuthenticate, .saslRefused,
            .dialbackInvalid, .dialback, .stream, .ended, .protocolViolation, .timedOut,
            .stopping:
            .remoteServerTimeout
        }
    }
}

extension Stanza {
    /// Whether its sender is told that it did not get to another server.
    ///
    /// Answers never are (RFC 6120 §8.3.1), nor presence that asks for nothing: who goes, and the probes that
    /// a server sends for its users.
    var isToldOfFailure: Bool {
        switch type {
        case .error, .result, .unavailable, .probe: false
        default: true
        }
    }
}
