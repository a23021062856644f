import MartletClient
import MartletCore
import MartletPluginHost
import MartletServer
import MartletTesting
import MartletXML
import Testing

/// The blocking command and privacy lists (XEP-0191 §5), as one and the other are switched on and off.
@Suite struct SharedBlocklistTests {
    private let romeo = JID(prepared: "romeo", "montague.example", "orchard")
    private let juliet = JID(prepared: "juliet", "capulet.example", "balcony")

    private let namespace = "jabber:iq:privacy"

    private func settings(_ plugins: [String]) -> ServerSettings {
        var settings = ServerSettings()
        settings.domains = ["montague.example", "capulet.example"].map {
            DomainSettings($0, mechanisms: [.scramSHA256, .plain])
        }
        settings.plugins.isSelective = true
        for name in plugins { settings.plugins.choices[name] = .on(settings: "{}") }
        return settings
    }

    private func privacy(_ write: (inout ElementWriter) -> Void) -> Element {
        Element("query", in: namespace) { write(&$0) }
    }

    private func blocklist(of client: Client) async throws -> [String] {
        let list = Element("blocklist", in: "urn:xmpp:blocking")
        let answer = try await client.request(.get, list)
        return answer.payload?.children.compactMap { $0.attribute("jid") } ?? []
    }

    /// What becomes of a message from somebody, and another one from the same.
    private func isRefused(_ message: String, _ client: Client) async -> Bool {
        await client.send(
            Stanza(.message, type: .chat, to: romeo.bare, id: message) {
                $0.element("body") { $0.text("?") }
            }
        )
        for await stanza in client.stanzas where stanza.id == message {
            return stanza.error?.condition == .serviceUnavailable
        }
        return false
    }

    @Test(.timeLimit(.minutes(5)))
    func
        `what was denied by a list is blocked when there is the command, and stays so without lists`()
        async throws
    {
        let scene = try await Scene(plugins: ["privacy": "{}"])
        let his = try await scene.enter(romeo)
        let hers = try await scene.enter(juliet)
        let list = privacy { query in
            query.element("list", in: namespace, ["name": "none"]) { list in
                let juliet = juliet.bare.description
                list.element(
                    "item",
                    in: namespace,
                    ["type": "jid", "value": juliet, "action": "deny", "order": "1"]
                )
            }
        }
        #expect(try await his.request(.set, list).type == .result)
        let chosen = privacy { $0.element("default", in: namespace, ["name": "none"]) }
        #expect(try await his.request(.set, chosen).type == .result)
        await his.close()
        await scene.server.settle()

        try await scene.server.reload(settings(["privacy", "blocking"]))
        let again = try await scene.enter(romeo)
        #expect(try await blocklist(of: again) == [juliet.bare.description])
        #expect(await isRefused("m1", hers))

        try await scene.server.reload(settings(["blocking"]))
        #expect(try await blocklist(of: again) == [juliet.bare.description])
        #expect(await isRefused("m2", hers))
        await scene.end()
    }
}
