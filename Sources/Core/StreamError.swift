public import MartletXML

/// What ends a whole stream (RFC 6120 §4.9).
public struct StreamError: Error, Equatable, Sendable {
    /// The defined conditions (RFC 6120 §4.9.3).
    ///
    /// The server never ends a client's stream by these of its own accord; a plugin may by any.
    ///
    /// | condition | why not |
    /// |---|---|
    /// | `improper-addressing` | is about stanzas between servers (§4.9.3.7); a client's get `jid-malformed` |
    /// | `internal-server-error` | no stream needs the store: logins fail by SASL, stanzas by stanza errors |
    /// | `invalid-xml` | is for servers that validate against schemas (§4.9.3.11, §11.4) |
    /// | `remote-connection-failed` | nothing behind another server is needed to serve a client's stream |
    /// | `see-other-host` | every client is served where it connects; one resumes by XEP-0198's `location` |
    /// | `unsupported-feature` | is what the initiating side says to features it has not (§4.9.3.22) |
    public enum Condition: String, Sendable, CaseIterable {
        case badFormat = "bad-format"
        case badNamespacePrefix = "bad-namespace-prefix"
        case conflict
        case connectionTimeout = "connection-timeout"
        case hostGone = "host-gone"
        case hostUnknown = "host-unknown"
        case improperAddressing = "improper-addressing"
        case internalServerError = "internal-server-error"
        case invalidFrom = "invalid-from"
        case invalidNamespace = "invalid-namespace"
        case invalidXML = "invalid-xml"
        case notAuthorized = "not-authorized"
        case notWellFormed = "not-well-formed"
        case policyViolation = "policy-violation"
        case remoteConnectionFailed = "remote-connection-failed"
        case reset
        case resourceConstraint = "resource-constraint"
        case restrictedXML = "restricted-xml"
        case seeOtherHost = "see-other-host"
        case systemShutdown = "system-shutdown"
        case undefinedCondition = "undefined-condition"
        case unsupportedEncoding = "unsupported-encoding"
        case unsupportedFeature = "unsupported-feature"
        case unsupportedStanzaType = "unsupported-stanza-type"
        case unsupportedVersion = "unsupported-version"
    }

    public var condition: Condition
    /// A sentence for a person, in English; safe to log.
    public var text: String?
    /// A condition of the application's own, beside the defined one (RFC 6120 §4.9.4).
    public var application: Element?

    public init(_ condition: Condition, _ text: String? = nil) {
        self.condition = condition
        self.text = text
    }
}
