public import MartletXML

/// What went wrong with one stanza (RFC 6120 §8.3).
public struct StanzaError: Error, Hashable, Sendable {
    /// Whether, and how, the sender may try again (RFC 6120 §8.3.2).
    public enum Kind: String, Sendable { case auth, cancel, `continue`, modify, wait }

    /// The defined conditions (RFC 6120 §8.3.3).
    public enum Condition: String, Sendable, CaseIterable {
        case badRequest = "bad-request"
        case conflict
        case featureNotImplemented = "feature-not-implemented"
        case forbidden
        case gone
        case internalServerError = "internal-server-error"
        case itemNotFound = "item-not-found"
        case jidMalformed = "jid-malformed"
        case notAcceptable = "not-acceptable"
        case notAllowed = "not-allowed"
        case notAuthorized = "not-authorized"
        case policyViolation = "policy-violation"
        case recipientUnavailable = "recipient-unavailable"
        case redirect
        case registrationRequired = "registration-required"
        case remoteServerNotFound = "remote-server-not-found"
        case remoteServerTimeout = "remote-server-timeout"
        case resourceConstraint = "resource-constraint"
        case serviceUnavailable = "service-unavailable"
        case subscriptionRequired = "subscription-required"
        case undefinedCondition = "undefined-condition"
        case unexpectedRequest = "unexpected-request"

        /// The type that RFC 6120 §8.3.3 gives the condition.
        public var usualKind: Kind {
            switch self {
            case .badRequest, .jidMalformed, .notAcceptable, .redirect, .policyViolation: .modify
            case .forbidden, .notAuthorized, .registrationRequired, .subscriptionRequired: .auth
            case .recipientUnavailable, .remoteServerTimeout, .resourceConstraint,
                .unexpectedRequest:
                .wait
            default: .cancel
            }
        }
    }

    public var condition: Condition
    public var kind: Kind
    /// A sentence for a person, in English; safe to log.
    public var text: String?
    /// A condition of the application's own, beside the defined one (RFC 6120 §8.3.4).
    public var application: Element?

    public init(_ condition: Condition, _ kind: Kind? = nil, _ text: String? = nil) {
        self.condition = condition
        self.kind = kind ?? condition.usualKind
        self.text = text
    }

    /// Elements have no hash; what they say of an error is little beside the rest.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(condition)
        hasher.combine(kind)
        hasher.combine(text)
    }
}

extension StanzaError {
    public static let badRequest = StanzaError(.badRequest)
    public static let conflict = StanzaError(.conflict)
    public static let featureNotImplemented = StanzaError(.featureNotImplemented)
    public static let forbidden = StanzaError(.forbidden)
    public static let internalServerError = StanzaError(.internalServerError, .wait)
    public static let itemNotFound = StanzaError(.itemNotFound)
    public static let jidMalformed = StanzaError(.jidMalformed)
    public static let notAcceptable = StanzaError(.notAcceptable)
    public static let notAllowed = StanzaError(.notAllowed)
    public static let notAuthorized = StanzaError(.notAuthorized)
    public static let policyViolation = StanzaError(.policyViolation)
    public static let recipientUnavailable = StanzaError(.recipientUnavailable)
    public static let remoteServerNotFound = StanzaError(.remoteServerNotFound)
    public static let remoteServerTimeout = StanzaError(.remoteServerTimeout)
    public static let resourceConstraint = StanzaError(.resourceConstraint)
    public static let unexpectedRequest = StanzaError(.unexpectedRequest)
    public static let serviceUnavailable = StanzaError(.serviceUnavailable)
}
