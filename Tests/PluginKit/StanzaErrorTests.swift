import CPlugin
import Testing

@testable import MartletPluginKit

@Suite struct StanzaErrorTests {
    init() { FakeCore.install() }

    /// RFC 6120 §8.3.3.
    @Test(arguments: [
        (StanzaError.Condition.badRequest, StanzaError.Kind.modify), (.conflict, .cancel),
        (.featureNotImplemented, .cancel), (.forbidden, .auth), (.gone, .cancel),
        (.internalServerError, .cancel), (.itemNotFound, .cancel), (.jidMalformed, .modify),
        (.notAcceptable, .modify), (.notAllowed, .cancel), (.notAuthorized, .auth),
        (.policyViolation, .modify), (.recipientUnavailable, .wait), (.redirect, .modify),
        (.registrationRequired, .auth), (.remoteServerNotFound, .cancel),
        (.remoteServerTimeout, .wait), (.resourceConstraint, .wait),
        (.serviceUnavailable, .cancel), (.subscriptionRequired, .auth),
        (.undefinedCondition, .cancel), (.unexpectedRequest, .wait),
    ])
    func `has the type that the RFC gives its condition`(
        condition: StanzaError.Condition,
        kind: StanzaError.Kind
    ) {
        #expect(condition.usualKind == kind)
    }

    @Test func `is written with what a person and an application read`() throws {
        let error = StanzaError(.conflict, .wait, "a & b", application: XML("x", in: "urn:x"))
        let carrier = try #require(Stanza(.message, type: .error, to: nil, error.xml))
        let written = try #require(carrier.child("error"))
        let namespace = "urn:ietf:params:xml:ns:xmpp-stanzas"
        #expect(written["type"] == "wait")
        #expect(written.child("conflict", in: namespace) != nil)
        #expect(written.child("text", in: namespace)?.text == "a & b")
        #expect(written.child("x", in: "urn:x") != nil)
    }

    @Test func `survives the way through C`() {
        let error = StanzaError(.redirect, .modify, "there", application: XML("x", in: "urn:x"))
        #expect(error.lend { StanzaError($0) } == error)
        #expect(StanzaError.conflict.lend { StanzaError($0) } == .conflict)
    }

    @Test func `takes a condition that it does not know for an undefined one`() {
        let raw = martlet_error(
            condition: martlet_str("payment-required"),
            type: martlet_str("odd"),
            text: .none,
            extra: .none
        )
        let error = StanzaError(raw)
        #expect(error == StanzaError(.undefinedCondition))
        #expect(error.xml.text.hasPrefix("<error type='cancel'>"))
    }
}
