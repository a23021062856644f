import MartletClient
import MartletCore
import MartletPluginHost
import MartletServer
import MartletTesting
import MartletXML
import Testing

/// Ad-hoc commands (XEP-0050) that come and go with their plugin, and administrators with the settings.
@Suite(.timeLimit(.minutes(5))) struct CommandReloadTests {
    private func settings(
        _ choice: PluginChoice,
        administrators: [JID] = [CommandScene.administrator]
    ) -> ServerSettings {
        var settings = ServerSettings()
        settings.domains = ["montague.example", "capulet.example"].map {
            DomainSettings($0, mechanisms: [.scramSHA256, .plain])
        }
        settings.domains[0].administrators = administrators
        settings.plugins.isSelective = true
        settings.plugins.choices = ["clerk": choice]
        return settings
    }

    @Test func `go with their plugin, and return with it`() async throws {
        try await CommandScene.with { test in
            let session = try await test.begin("repeat")
            try await test.scene.server.reload(settings(.off))
            #expect(try await !test.features(node: nil).contains(CommandScene.namespace))
            #expect(try await test.items(node: CommandScene.namespace).error == .itemNotFound)
            #expect(try await test.info(node: "repeat").error == .itemNotFound)
            let refused = try await test.run("repeat", session: session)
            #expect(refused.error == .serviceUnavailable)

            try await test.scene.server.reload(settings(.on(settings: "{}")))
            #expect(try await test.listed(to: test.romeo).map(\.node) == CommandScene.nodes)
            #expect(try await test.run("greet", action: "complete").type == .result)
        }
    }

    @Test func `one that runs ends with its plugin, and its caller is told`() async throws {
        try await CommandScene.with { test in
            async let answer = test.run("never", action: "complete")
            await test.log.wait(for: "waiting")
            try await test.scene.server.reload(settings(.off))
            let note = try await answer.payload?.child("note", in: CommandScene.namespace)
            #expect(note?["type"] == "error" && note?.text == "it was switched off")
        }
    }

    @Test func `a reload makes administrators, and others of them`() async throws {
        try await CommandScene.with { test in
            let session = try await test.begin("repeat")
            let juliet = JID(prepared: "juliet", "montague.example")
            let tybalt = JID(prepared: "tybalt", "capulet.example")
            try await test.scene.server.reload(
                settings(.on(settings: "{}"), administrators: [juliet, tybalt])
            )
            #expect(try await test.listed(to: test.romeo).map(\.node) == ["greet"])
            let refused = try await test.run("repeat", session: session)
            #expect(refused.error?.condition == .forbidden)
            for client in [test.juliet, test.tybalt] {
                #expect(try await test.listed(to: client).map(\.node) == CommandScene.nodes)
                let said = try await test.run("repeat", by: client, action: "complete")
                #expect(said.payload?["status"] == "completed")
            }
        }
    }

    @Test func `one that comes while the plugin is at work is there for its domain alone`()
        async throws
    {
        try await CommandScene.with { test in
            let hire = Element("hire", in: "urn:fault")
            let hired = try await test.romeo.request(.get, to: CommandScene.domain, hire)
            #expect(hired.type == .result)
            #expect(try await test.listed(to: test.romeo).map(\.node).last == "hired")
            let elsewhere = Element("query", in: Namespace.discoInfo, ["node": "hired"])
            let capulet = JID(prepared: nil, "capulet.example")
            let info = try await test.tybalt.request(.get, to: capulet, elsewhere)
            #expect(info.error == .itemNotFound)

            let dismiss = Element("dismiss", in: "urn:fault")
            _ = try await test.romeo.request(.get, to: CommandScene.domain, dismiss)
            #expect(try await test.listed(to: test.romeo).map(\.node) == CommandScene.nodes)
            #expect(try await test.run("hired").error == .itemNotFound)
        }
    }

    @Test func `one without a name is refused when it is registered`() async throws {
        try await CommandScene.with { test in
            let line = "it cannot register that: a command has a name plugin=clerk"
            #expect(test.log.lines.contains(line))
        }
    }
}
