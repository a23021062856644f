import MartletClient
import MartletCore
import MartletXML
import Testing

/// A handler that waits: its own stream keeps its order, and all others go on.
@Suite struct StallingTests {
    @Test(.timeLimit(.minutes(5))) func `one stream waits in order, and no other does`()
        async throws
    {
        // One shard, so that those who are not to wait share a thread with the one who does.
        try await FaultScene.with("staller", shards: 1) { test in
            let juliet = try await test.scene.enter(
                JID(prepared: "juliet", "capulet.example", "balcony")
            )
            let benvolio = try await test.scene.enter(
                JID(prepared: "benvolio", "montague.example", "street")
            )
            let address = try #require(await juliet.jid)
            for (type, id) in [(StanzaType.headline, "first"), (.chat, "second")] {
                await test.romeo.send(Stanza(.message, type: type, to: address, id: id) { _ in })
            }
            await test.log.wait(for: "stalling")
            // They are answered while it waits: it goes on when juliet has got what is sent after them.
            for _ in 0..<100 { try await ping(as: benvolio) }
            // She was sent nothing meanwhile: what is hers comes behind this, which benvolio sends first.
            await benvolio.send(
                Stanza(.message, type: .chat, to: address, id: "meanwhile") { _ in }
            )
            var came: [String] = []
            for await stanza in juliet.stanzas where stanza.kind == .message {
                came.append(stanza.id ?? "")
                if came.count == 1 {
                    let end = Element("go-on", in: "urn:fault")
                    let answer = try await benvolio.request(.get, to: FaultScene.romeo.domain, end)
                    #expect(answer.type == .result)
                }
                if came.count == 3 { break }
            }
            #expect(came == ["meanwhile", "first", "second"])
        }
    }

    private func ping(as client: Client) async throws {
        let ping = Element("ping", in: "urn:xmpp:ping")
        let answer = try await client.request(.get, to: FaultScene.romeo.domain, ping)
        #expect(answer.type == .result)
    }
}
