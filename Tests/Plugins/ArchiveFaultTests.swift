import MartletClient
import MartletCore
import MartletStorage
import MartletTesting
import MartletXML
import Testing

/// The archive (XEP-0313) when its store fails, or takes its time.
@Suite struct ArchiveFaultTests {
    private static let romeo = "romeo@montague.example/orchard"
    private static let juliet = "juliet@capulet.example/balcony"

    /// What is delivered is in both archives; what cannot be is returned, and nobody has it.
    @Test(arguments: ["romeo@montague.example", "juliet@capulet.example"])
    func `returns what it cannot archive`(owner: String) async throws {
        let store = StubbornStore(failsToAppendFor: try JID(owner))
        let scene = try await Scene(plugins: ["mam": "{}"], store: store)
        let transcript = try Transcript(
            """
            romeo = \(Self.romeo)
            juliet = \(Self.juliet)
            romeo > <message type='chat' id='m1' to='\(Self.juliet)'><body>one</body></message>
            romeo << <message type='error' id='m1' from='\(Self.juliet)' to='\(Self.romeo)'>\
            <error type='wait'><internal-server-error \
            xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
            juliet < nothing
            romeo < nothing
            """,
            name: "returned"
        )
        await #expect(throws: Never.self) { try await transcript.play(in: scene) }
        await scene.end()
    }

    @Test(.timeLimit(.minutes(5))) func `answers no more queries at a time than it may`()
        async throws
    {
        let (asked, tell) = AsyncStream<Void>.makeStream()
        let (gate, opener) = AsyncStream<Void>.makeStream()
        let store = StubbornStore(waitsToQuery: gate, telling: tell)
        let scene = try await Scene(plugins: ["mam": #"{"queriesPerAccount": 1}"#], store: store)
        let orchard = try await scene.enter(try JID(Self.romeo))
        let garden = try await scene.enter(try JID("romeo@montague.example/garden"))
        let query = "<iq type='set' id='q1'><query xmlns='urn:xmpp:mam:2'/></iq>"
        await orchard.send(raw: Array(query.utf8))
        for await _ in asked { break }
        await garden.send(raw: Array(query.utf8))
        let refused = await Self.answer(to: garden)
        #expect(refused?.error?.condition == .resourceConstraint && refused?.error?.kind == .wait)
        opener.finish()
        #expect(await Self.answer(to: orchard)?.type == .result)
        await garden.send(raw: Array(query.utf8))
        #expect(await Self.answer(to: garden)?.type == .result)
        await scene.end()
    }

    private static func answer(to client: Client) async -> Stanza? {
        for await stanza in client.stanzas where stanza.id == "q1" { return stanza }
        return nil
    }
}
