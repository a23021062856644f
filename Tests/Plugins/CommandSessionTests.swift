import MartletClient
import MartletCore
import MartletNet
import MartletPluginHost
import MartletServer
import MartletTesting
import MartletXML
import Testing

/// Sessions of ad-hoc commands (XEP-0050 §3.3), what is wrong with requests (§4.4), and commands that come
/// and go.
@Suite(.timeLimit(.minutes(5))) struct CommandSessionTests {
    @Test func `is canceled, and then over`() async throws {
        try await CommandScene.with { test in
            let session = try await test.begin("repeat")
            let canceled = try await test.run("repeat", session: session, action: "cancel")
            #expect(
                try canceled.payload
                    == Element.parse(
                        """
                        <command xmlns='http://jabber.org/protocol/commands' node='repeat' \
                        sessionid='\(session)' status='canceled'/>
                        """
                    )
            )
            for action in ["cancel", "complete", "execute"] {
                let again = try await test.run("repeat", session: session, action: action)
                #expect(again.error == CommandScene.expired)
            }
        }
    }

    @Test(arguments: [
        ("begin", "malformed-action"), ("", "malformed-action"), ("prev", "bad-action"),
        ("next", "bad-action"),
        ("unheard-of", "malformed-action"), ("Execute", "malformed-action"),
    ])
    func `refuses what cannot be done in the only stage`(action: String, fault: String)
        async throws
    {
        try await CommandScene.with { test in
            let session = try await test.begin("repeat")
            let refused = try await test.run("repeat", session: session, action: action)
            #expect(refused.error == CommandScene.fault(fault))
            // It goes on all the same.
            let said = try await test.run("repeat", session: session, action: "complete")
            #expect(said.payload?["status"] == "completed")
        }
    }

    @Test(arguments: ["cancel", "prev", "next"])
    func `refuses to go on where nothing began`(action: String) async throws {
        try await CommandScene.with { test in
            let refused = try await test.run("repeat", action: action)
            #expect(refused.error == CommandScene.fault("bad-action"))
        }
    }

    @Test func `refuses a payload that is no form to submit, and lets it be mended`() async throws {
        try await CommandScene.with { test in
            let session = try await test.begin("repeat")
            let nameless = Element("x", in: "jabber:x:data", ["type": "submit"]) {
                $0.element("field")
            }
            let wrong = [
                CommandScene.form([:], type: "form"), CommandScene.form([:], type: "result"),
                Element("x", in: "jabber:x:data"), Element("x", in: "urn:x"), nameless,
            ]
            for payload in wrong {
                let refused = try await test.run("repeat", session: session, payload)
                #expect(refused.error == CommandScene.fault("bad-payload"), "\(payload)")
            }
            // XEP-0050 §3.5.1: a form of type `cancel` is one to submit.
            let form = CommandScene.form(["arguments": ["yes"]], type: "cancel")
            let said = try await test.run("repeat", session: session, form)
            let value = said.payload?.child("x", in: "jabber:x:data")?
                .child("field", in: "jabber:x:data")?.child("value", in: "jabber:x:data")
            #expect(value?.text == "yes")
        }
    }

    @Test func `knows no session but those it gave, for what and to whom it gave them`()
        async throws
    {
        try await CommandScene.with { test in
            let session = try await test.begin("greet")
            let unknown = CommandScene.fault("bad-sessionid")
            for id in ["", "-", "romeo", String(session.dropLast()), session + "0", session + "-"] {
                #expect(try await test.run("greet", session: id).error == unknown, "\(id)")
            }
            #expect(try await test.run("repeat", session: session).error == unknown)
            #expect(try await test.run("greet", by: test.juliet, session: session).error == unknown)
            let garden = try await test.scene.enter(
                CommandScene.administrator.with(preparedResource: "garden")
            )
            #expect(try await test.run("greet", by: garden, session: session).error == unknown)
            #expect(try await test.run("greet", session: session).type == .result)
        }
    }

    @Test func `needs a node`() async throws {
        try await CommandScene.with { test in
            let (none, empty) = (try await test.run(nil), try await test.run(""))
            #expect(none.error == .badRequest)
            #expect(empty.error == .itemNotFound)
        }
    }

    @Test func `ends when its time is over`() async throws {
        let clock = ManualClock()
        try await CommandScene.with(clock: clock) { settings in
            settings.domains[0].limits.commandTime = .seconds(60)
        } _: { test in
            let session = try await test.begin("repeat")
            let kept = try await test.begin("greet", by: test.juliet)
            clock.advance(by: .seconds(59))
            #expect(try await test.run("greet", by: test.juliet, session: kept).type == .result)
            clock.advance(by: .seconds(1))
            let late = try await test.run("repeat", session: session)
            #expect(late.error == CommandScene.expired)
            // The next one that begins sweeps behind it.
            _ = try await test.begin("greet", by: test.juliet)
            #expect(test.scene.server.openCommandCount == 1)
        }
    }

    @Test func `an account's oldest makes way for one too many`() async throws {
        try await CommandScene.with { settings in
            settings.domains[0].limits.commandSessions = 3
        } _: { test in
            let hers = try await test.begin("greet", by: test.juliet)
            var sessions: [String] = []
            for _ in 0..<100 { sessions.append(try await test.begin("greet")) }
            #expect(Set(sessions).count == 100)
            #expect(test.scene.server.openCommandCount == 4)
            for session in sessions.suffix(5).prefix(2) {
                #expect(try await test.run("greet", session: session).error == CommandScene.expired)
            }
            for session in sessions.suffix(3) {
                #expect(try await test.run("greet", session: session).type == .result)
            }
            #expect(try await test.run("greet", by: test.juliet, session: hers).type == .result)
            #expect(test.scene.server.openCommandCount == 0)
        }
    }
}
