import MartletClient
import MartletCore
import MartletPluginHost
import MartletServer
import MartletTesting
import MartletXML
import Testing

/// Contact addresses (XEP-0157), which are each domain's own.
@Suite(.timeLimit(.minutes(5))) struct ContactTests {
    private let romeo = JID(prepared: "romeo", "montague.example", "orchard")
    private let juliet = JID(prepared: "juliet", "capulet.example", "balcony")

    /// The scene's settings, with what `montague.example` is told of its administrators.
    private func settings(admin: String) -> ServerSettings {
        var settings = ServerSettings()
        settings.domains = ["montague.example", "capulet.example"].map {
            DomainSettings($0, mechanisms: [.scramSHA256, .plain])
        }
        settings.domains[0].plugins["contact"] = .on(settings: #"{"admin": ["\#(admin)"]}"#)
        settings.plugins.isSelective = true
        settings.plugins.choices = ["contact": .on(settings: "{}")]
        return settings
    }

    /// All values of the forms in a client's own domain's disco#info.
    private func values(for client: Client) async throws -> [String] {
        let domain = try #require(await client.jid).domain
        let info = Element("query", in: Namespace.discoInfo)
        let answer = try await client.request(.get, to: domain, info)
        let forms = answer.payload?.children.filter { $0.name == "x" } ?? []
        return forms.flatMap(\.children).flatMap(\.children).map(\.text)
    }

    @Test func `a domain tells its own, and another nothing`() async throws {
        let scene = try await Scene(plugins: ["contact": "{}"])
        let (his, hers) = (try await scene.enter(romeo), try await scene.enter(juliet))
        #expect(try await values(for: his).isEmpty)
        try await scene.server.reload(settings(admin: "mailto:xmpp@montague.example"))
        #expect(
            try await values(for: his)
                == ["http://jabber.org/network/serverinfo", "mailto:xmpp@montague.example"]
        )
        #expect(try await values(for: hers).isEmpty)

        try await scene.server.reload(settings(admin: "xmpp:admins@montague.example"))
        #expect(try await values(for: his).last == "xmpp:admins@montague.example")
        await scene.end()
    }

    @Test(arguments: ["xmpp@montague.example", "mailto:", ":x", "1x:y", "mailto:a b", "x:<y>"])
    func `what is no URI is refused, and all stays as it was`(text: String) async throws {
        let scene = try await Scene(plugins: ["contact": "{}"])
        let his = try await scene.enter(romeo)
        try await scene.server.reload(settings(admin: "mailto:xmpp@montague.example"))
        try await scene.server.reload(settings(admin: text))
        #expect(try await values(for: his).last == "mailto:xmpp@montague.example")
        await scene.end()
    }
}
