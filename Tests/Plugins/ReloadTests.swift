import MartletClient
import MartletCore
import MartletPluginHost
import MartletServer
import MartletTesting
import MartletXML
import Testing

/// Plugins on and off, domain by domain, while clients stay connected.
@Suite(.timeLimit(.minutes(5))) struct ReloadTests {
    private let romeo = JID(prepared: "romeo", "montague.example", "orchard")
    private let juliet = JID(prepared: "juliet", "capulet.example", "balcony")

    /// The scene's settings with `ping` chosen for all, and for domains of their own.
    private func settings(
        _ choice: PluginChoice,
        in domains: [String: PluginChoice] = [:]
    ) -> ServerSettings {
        var settings = ServerSettings()
        settings.domains = ["montague.example", "capulet.example"].map { name in
            var domain = DomainSettings(name, mechanisms: [.scramSHA256, .plain])
            if let choice = domains[name] { domain.plugins = ["ping": choice] }
            return domain
        }
        settings.plugins.isSelective = true
        settings.plugins.choices = ["ping": choice]
        return settings
    }

    private func ping(_ client: Client) async throws -> Stanza {
        let domain = try #require(await client.jid).domain
        return try await client.request(.get, to: domain, Element("ping", in: "urn:xmpp:ping"))
    }

    private func offersPing(_ client: Client) async throws -> Bool {
        let domain = try #require(await client.jid).domain
        let info = Element("query", in: Namespace.discoInfo)
        let answer = try await client.request(.get, to: domain, info)
        return answer.payload?.children.contains { $0.attribute("var") == "urn:xmpp:ping" } == true
    }

    @Test func `switching one off takes its answers and its features, and nobody's stream`()
        async throws
    {
        let scene = try await Scene(plugins: ["ping": "{}"])
        let (his, hers) = (try await scene.enter(romeo), try await scene.enter(juliet))
        #expect(try await ping(his).type == .result)
        #expect(try await offersPing(his))

        try await scene.server.reload(settings(.off))
        let refusal = try await ping(his)
        #expect(refusal.error?.condition == .serviceUnavailable)
        #expect(try await !offersPing(his))
        #expect(try await ping(hers).type == .error)

        try await scene.server.reload(settings(.on(settings: "{}")))
        #expect(try await ping(his).type == .result)
        #expect(try await ping(hers).type == .result)
        #expect(try await offersPing(hers))
        await scene.end()
    }

    @Test func `one domain has it and another has not`() async throws {
        let scene = try await Scene(plugins: ["ping": "{}"])
        let (his, hers) = (try await scene.enter(romeo), try await scene.enter(juliet))
        try await scene.server.reload(
            settings(.on(settings: "{}"), in: ["capulet.example": .off])
        )
        #expect(try await ping(his).type == .result)
        #expect(try await ping(hers).error?.condition == .serviceUnavailable)
        #expect(try await !offersPing(hers))
        await scene.end()
    }

    @Test func `settings that it cannot take leave it as it was`() async throws {
        let scene = try await Scene(plugins: ["ping": "{}"])
        let his = try await scene.enter(romeo)
        try await scene.server.reload(settings(.on(settings: #"{"colour": "red"}"#)))
        #expect(try await ping(his).type == .result)
        await scene.end()
    }

    @Test func `a server that requires what is not there does not start`() async throws {
        await #expect(throws: AdminFault.self) {
            try await Scene(plugins: ["no-such-plugin": "{}"])
        }
    }
}
