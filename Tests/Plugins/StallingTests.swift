import MartletClient
import MartletCore
import MartletXML
import Testing

/// A handler that waits for seconds: its own stream keeps its order, and all others go on.
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
            let begin = ContinuousClock.now
            let latencies = try await Self.latencies(of: benvolio, until: begin + .seconds(2))
                .sorted()
            let waited = ContinuousClock.now - begin
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

            let (median, worst) = (latencies[latencies.count / 2], latencies[latencies.count - 1])
            print(
                "beside a handler that waited \(waited): \(latencies.count) requests,",
                terminator: " "
            )
            print("half within \(median), the last within \(worst)")
            // They were answered while it waited, however busy the machine is.
            #expect(latencies.count >= 3)
        }
    }

    /// How long a client's requests take, one after the other.
    private static func latencies(
        of client: Client,
        until end: ContinuousClock.Instant
    ) async throws -> [Duration] {
        let clock = ContinuousClock()
        let domain = FaultScene.romeo.domain
        var latencies: [Duration] = []
        while clock.now < end {
            let start = clock.now
            _ = try await client.request(.get, to: domain, Element("ping", in: "urn:xmpp:ping"))
            latencies.append(clock.now - start)
        }
        return latencies
    }
}
