extension StanzaError.Condition {
    /// The number that stood for it before there were conditions (XEP-0086 §2).
    public var legacyCode: Int {
        switch self {
        case .redirect, .gone: 302
        case .badRequest, .jidMalformed, .unexpectedRequest: 400
        case .notAuthorized: 401
        case .forbidden: 403
        case .itemNotFound, .recipientUnavailable, .remoteServerNotFound: 404
        // That of a policy's violation is younger than the table: it is as good as not allowed.
        case .notAllowed, .policyViolation: 405
        case .notAcceptable: 406
        case .registrationRequired, .subscriptionRequired: 407
        case .conflict: 409
        case .internalServerError, .resourceConstraint, .undefinedCondition: 500
        case .featureNotImplemented: 501
        case .serviceUnavailable: 503
        case .remoteServerTimeout: 504
        }
    }
}
