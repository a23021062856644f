import MartletTesting
import Testing

/// Plugins at streams without a resource, old and new, and at the end of them.
@Suite(.timeLimit(.minutes(5)))
struct StreamFaultTests {
    private func play(_ conversation: String, in test: FaultScene) async throws {
        try await Transcript(conversation, name: "streams").play(in: test.scene)
    }

    @Test func `tells of a stream as much as is asked for`() async throws {
        try await FaultScene.with("streams") { test in
            try await play(
                """
                who = montague.example
                who > <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='X-ROSE'/>
                who > <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='X-ROSE'/>
                who > <iq type='get' id='1'><look xmlns='urn:fault'/></iq>
                who < <iq type='result' id='1'/>
                """,
                in: test
            )
            for (what, said) in [
                ("an old stream", 0), ("behind an old stream", 4711), ("a stream", 0),
                ("failures", 2), ("a stream cut short", -1),
            ] {
                #expect(test.says("\(what): \(said)", of: "streams"), "\(what)")
            }
        }
    }

    @Test func `ends a stream with a condition that there is, and sends nothing else`()
        async throws
    {
        try await FaultScene.with("streams") { test in
            try await play(
                """
                who = montague.example
                who > <iq type='get' id='1'><end xmlns='urn:fault'/></iq>
                who ends policy-violation
                """,
                in: test
            )
            for (what, said) in [
                ("an end of no kind", -1), ("no end", -1), ("nobody's end", -1), ("an end", 0),
            ] {
                #expect(test.says("\(what): \(said)", of: "streams"), "\(what)")
            }
        }
    }

    @Test func `ends none where the plugin failed, or where there is none`() async throws {
        try await FaultScene.with("streams") { test in
            try await play(
                """
                who = montague.example
                who > <iq type='get' id='1'><waver xmlns='urn:fault'/></iq>
                who < <iq type='error' id='1'><error code='500' type='wait'>\
                <internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
                who > <iq type='get' id='2'><look xmlns='urn:fault'/></iq>
                who < <iq type='result' id='2'/>
                """,
                in: test
            )
            try await test.mustAnswer("elsewhere")
            #expect(test.says("an end elsewhere: -1", of: "streams"))
        }
    }
}
