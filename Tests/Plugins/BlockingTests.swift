import MartletClient
import MartletCore
import MartletXML
import Testing

/// A plugin that blocks holds up its own shard, and nobody else's.
struct BlockingTests {
    @Test func `leaves the streams of other shards alone`() async throws {
        try await FaultScene.with("blocker", shards: 4) { test in
            var others: [Client] = []
            for index in 0..<16 {
                let name = JID(prepared: "guest\(index)", "montague.example", "hall")
                others.append(try await test.scene.enter(name))
            }
            await test.romeo.send(
                Stanza(.message, type: .headline, to: FaultScene.romeo.bare, id: nil) { _ in }
            )
            await test.log.wait(for: "blocking")
            let quick = await Self.countQuick(others)
            // A quarter of the streams, and of the homes, may be on the shard that is blocked.
            #expect(quick >= 4, "only \(quick) of 16 were answered at once")
            await test.log.wait(for: "blocked")
        }
    }

    /// How many were answered while the plugin blocked: well within its second.
    private static func countQuick(_ clients: [Client]) async -> Int {
        await withTaskGroup(of: Bool.self) { group in
            for client in clients {
                group.addTask {
                    let clock = ContinuousClock()
                    let start = clock.now
                    let ping = Element("ping", in: "urn:xmpp:ping")
                    let domain = FaultScene.romeo.domain
                    let answer = try? await client.request(.get, to: domain, ping)
                    return answer?.type == .result && clock.now - start < .milliseconds(300)
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }
}
