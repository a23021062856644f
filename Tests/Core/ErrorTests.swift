import MartletCore
import Testing

@Suite struct ErrorTests {
    /// RFC 6120 §8.3.3: the type that each condition SHOULD have, the first where there are two.
    static let kinds: [(String, StanzaError.Kind)] = [
        ("bad-request", .modify), ("conflict", .cancel), ("feature-not-implemented", .cancel),
        ("forbidden", .auth), ("gone", .cancel), ("internal-server-error", .cancel),
        ("item-not-found", .cancel), ("jid-malformed", .modify), ("not-acceptable", .modify),
        ("not-allowed", .cancel), ("not-authorized", .auth), ("policy-violation", .modify),
        ("recipient-unavailable", .wait), ("redirect", .modify), ("registration-required", .auth),
        ("remote-server-not-found", .cancel), ("remote-server-timeout", .wait),
        ("resource-constraint", .wait), ("service-unavailable", .cancel),
        ("subscription-required", .auth), ("undefined-condition", .cancel),
        ("unexpected-request", .wait),
    ]

    @Test(arguments: kinds)
    func `gives a stanza error the type of RFC 6120`(name: String, kind: StanzaError.Kind) throws {
        let condition = try #require(StanzaError.Condition(rawValue: name))
        #expect(condition.usualKind == kind)
        #expect(StanzaError(condition).kind == kind)
        #expect(StanzaError(condition, .continue).kind == .continue)
    }

    /// XEP-0086 §2, the first table; a policy's violation is younger, and treated as `not-allowed`.
    static let codes: [(Int, [String])] = [
        (302, ["gone", "redirect"]), (400, ["bad-request", "jid-malformed", "unexpected-request"]),
        (401, ["not-authorized"]), (403, ["forbidden"]),
        (404, ["item-not-found", "recipient-unavailable", "remote-server-not-found"]),
        (405, ["not-allowed", "policy-violation"]), (406, ["not-acceptable"]),
        (407, ["registration-required", "subscription-required"]), (409, ["conflict"]),
        (500, ["internal-server-error", "resource-constraint", "undefined-condition"]),
        (501, ["feature-not-implemented"]), (503, ["service-unavailable"]),
        (504, ["remote-server-timeout"]),
    ]

    @Test(arguments: codes)
    func `knows the number that stood for it before`(code: Int, names: [String]) {
        let same = StanzaError.Condition.allCases.filter { $0.legacyCode == code }
        #expect(same.map(\.rawValue).sorted() == names)
    }

    @Test func `writes the number where it is asked for, and nowhere else`() {
        #expect(
            StanzaError.conflict.element(withLegacyCode: true).attribute("code") == "409"
        )
        #expect(StanzaError.conflict.element().attribute("code") == nil)
    }

    @Test func `knows no other conditions`() {
        #expect(StanzaError.Condition.allCases.map(\.rawValue) == Self.kinds.map(\.0))
    }

    @Test func `asks to try again where it is the server's fault`() {
        #expect(StanzaError.internalServerError.kind == .wait)
        #expect(StanzaError.resourceConstraint.kind == .wait)
    }

    @Test func `names all conditions of a stream error`() {
        #expect(
            StreamError.Condition.allCases.map(\.rawValue) == [
                "bad-format", "bad-namespace-prefix", "conflict", "connection-timeout", "host-gone",
                "host-unknown", "improper-addressing", "internal-server-error", "invalid-from",
                "invalid-namespace", "invalid-xml", "not-authorized", "not-well-formed",
                "policy-violation", "remote-connection-failed", "reset", "resource-constraint",
                "restricted-xml", "see-other-host", "system-shutdown", "undefined-condition",
                "unsupported-encoding", "unsupported-feature", "unsupported-stanza-type",
                "unsupported-version",
            ]
        )
        #expect(StreamError(.reset, "Come back.") == StreamError(.reset, "Come back."))
        #expect(StreamError(.reset) != StreamError(.hostGone))
    }

    @Test(arguments: [
        (Subscription.none, false, false), (.to, true, false), (.from, false, true),
        (.both, true, true),
    ])
    func `takes subscriptions apart and together`(
        subscription: Subscription,
        hasTo: Bool,
        hasFrom: Bool
    ) {
        #expect(subscription.hasTo == hasTo && subscription.hasFrom == hasFrom)
        #expect(Subscription(to: hasTo, from: hasFrom) == subscription)
    }
}
