/// Why an exchange ended without an identity (RFC 6120 §6.5).
public struct SASLFailure: Error, Hashable, Sendable {
    /// The defined conditions (RFC 6120 §6.5).
    public enum Condition: String, Sendable, CaseIterable {
        case aborted
        case accountDisabled = "account-disabled"
        case credentialsExpired = "credentials-expired"
        case encryptionRequired = "encryption-required"
        case incorrectEncoding = "incorrect-encoding"
        case invalidAuthzid = "invalid-authzid"
        case invalidMechanism = "invalid-mechanism"
        case malformedRequest = "malformed-request"
        case mechanismTooWeak = "mechanism-too-weak"
        case notAuthorized = "not-authorized"
        case temporaryAuthFailure = "temporary-auth-failure"
    }

    public var condition: Condition
    /// A sentence for a person, in English; safe to log.
    public var text: String?

    public init(_ condition: Condition, _ text: String? = nil) {
        self.condition = condition
        self.text = text
    }
}

extension SASLFailure {
    public static let aborted = SASLFailure(.aborted)
    public static let accountDisabled = SASLFailure(.accountDisabled)
    public static let credentialsExpired = SASLFailure(.credentialsExpired)
    public static let encryptionRequired = SASLFailure(.encryptionRequired)
    public static let incorrectEncoding = SASLFailure(.incorrectEncoding)
    public static let invalidAuthzid = SASLFailure(.invalidAuthzid)
    public static let invalidMechanism = SASLFailure(.invalidMechanism)
    public static let malformedRequest = SASLFailure(.malformedRequest)
    public static let mechanismTooWeak = SASLFailure(.mechanismTooWeak)
    public static let notAuthorized = SASLFailure(.notAuthorized)
    public static let temporaryAuthFailure = SASLFailure(.temporaryAuthFailure)
}
