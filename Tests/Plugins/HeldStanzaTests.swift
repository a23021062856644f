import MartletClient
import MartletCore
import MartletPluginHost
import MartletServer
import MartletTesting
import MartletXML
import Testing

/// XEP-0352 while an administrator changes his mind: what a client was not sent yet is not lost.
@Suite struct HeldStanzaTests {
    private let romeo = JID(prepared: "romeo", "montague.example", "orchard")
    private let juliet = JID(prepared: "juliet", "capulet.example", "balcony")

    private func settings(_ choice: PluginChoice) -> ServerSettings {
        var settings = ServerSettings()
        settings.domains = ["montague.example", "capulet.example"].map {
            DomainSettings($0, mechanisms: [.scramSHA256, .plain])
        }
        settings.plugins.isSelective = true
        settings.plugins.choices = ["csi": choice]
        return settings
    }

    @Test(.timeLimit(.minutes(5))) func `gives out what it held when it is switched off`()
        async throws
    {
        let scene = try await Scene(plugins: ["csi": "{}"])
        let (his, hers) = (try await scene.enter(romeo), try await scene.enter(juliet))
        await his.send(raw: Array("<inactive xmlns='urn:xmpp:csi:0'/>".utf8))
        await his.send(Stanza(.message, type: .chat, to: romeo, id: "inactive"))
        var sent = his.stanzas.makeAsyncIterator()
        #expect(await sent.next()?.id == "inactive")
        // The answer says that the presence before it has been dealt with at his home.
        await hers.send(Stanza(.presence, type: .available, to: romeo, id: "held"))
        let ask = Element("ask", in: "urn:x")
        _ = try await hers.request(.get, to: romeo.bare, ask)

        try await scene.server.reload(settings(.off))
        #expect(await sent.next()?.id == "held")
        await scene.end()
    }
}
