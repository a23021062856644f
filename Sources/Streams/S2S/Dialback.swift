public import MartletCore

/// How a pair was proved on a stream.
public enum PeerProof: String, Hashable, Sendable { case certificate, dialback }

/// What the authoritative server is asked: whether it made this key (XEP-0220 §2.3).
public struct DialbackQuestion: Hashable, Sendable {
    /// The sender is the domain that is claimed, and whose server is asked; the target is ours.
    public var pair: DomainPair
    /// The id that we gave the stream on which the key came.
    public var streamID: String
    public var key: String

    public init(pair: DomainPair, streamID: String, key: String) {
        self.pair = pair
        self.streamID = streamID
        self.key = key
    }
}

/// What came of asking.
public enum DialbackOutcome: Hashable, Sendable {
    case valid, invalid
    case failed(DialbackFault)
}

/// Why a key was neither valid nor invalid (XEP-0220 §2.5).
public enum DialbackFault: String, Hashable, Sendable, CaseIterable {
    case itemNotFound = "item-not-found"
    case remoteConnectionFailed = "remote-connection-failed"
    case remoteServerNotFound = "remote-server-not-found"
    case remoteServerTimeout = "remote-server-timeout"
    case policyViolation = "policy-violation"
    case notAuthorized = "not-authorized"
    case forbidden
    case notAcceptable = "not-acceptable"
    case resourceConstraint = "resource-constraint"
    case internalServerError = "internal-server-error"
}
