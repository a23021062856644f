import CPlugin

/// What went wrong with one stanza (RFC 6120 §8.3).
public struct StanzaError: Error, Hashable, Sendable {
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

    /// Whether, and how, the sender may try again (RFC 6120 §8.3.2).
    public enum Kind: String, Sendable { case auth, cancel, `continue`, modify, wait }

    public var condition: Condition
    /// Nil for the one that the RFC gives the condition.
    public var kind: Kind?
    /// A sentence for a person.
    public var text: String?
    /// A condition of the application's own.
    public var application: XML?

    public init(
        _ condition: Condition,
        _ kind: Kind? = nil,
        _ text: String? = nil,
        application: XML? = nil
    ) {
        self.condition = condition
        self.kind = kind
        self.text = text
        self.application = application
    }

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
    public static let registrationRequired = StanzaError(.registrationRequired)
    public static let resourceConstraint = StanzaError(.resourceConstraint)
    public static let serviceUnavailable = StanzaError(.serviceUnavailable)
    public static let subscriptionRequired = StanzaError(.subscriptionRequired)
    public static let unexpectedRequest = StanzaError(.unexpectedRequest)

    init(_ said: martlet_error) {
        self.init(
            Condition(rawValue: said.condition.string) ?? .undefinedCondition,
            Kind(rawValue: said.type.string),
            said.text.text,
            application: said.extra.text.map(XML.init(trusting:))
        )
    }

    /// `<error/>` with its condition and, if there is one, its text (RFC 6120 §8.3.2).
    public var xml: XML {
        XML("error", ["type": (kind ?? condition.usualKind).rawValue]) { error in
            error.element(condition.rawValue, in: Self.namespace)
            if let text {
                error.element("text", in: Self.namespace) { $0.text(text) }
            }
            if let application { error.append(application) }
        }
    }

    private static let namespace = "urn:ietf:params:xml:ns:xmpp-stanzas"

    /// Lends itself in the ABI's shape.
    func lend<R>(_ body: (martlet_error) -> R) -> R {
        condition.rawValue.lend { condition in
            (kind?.rawValue ?? "").lend { kind in
                (text ?? "").lend { text in
                    (application?.text ?? "").lend { extra in
                        body(
                            martlet_error(
                                condition: condition,
                                type: kind,
                                text: text,
                                extra: extra
                            )
                        )
                    }
                }
            }
        }
    }
}
