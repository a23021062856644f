import MartletClient
import MartletCore
import MartletXML
import Testing

/// A plugin that blocks holds up its own shard, and nobody else's.
@Suite(.timeLimit(.minutes(5)))
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
            try await Self.letGo(after: 4, of: others)
            await test.log.wait(for: "blocked")
        }
    }

    /// Asks for all at once, and has the plugin let go when so many were answered: that happened while it
    /// blocked, and the others, on its shard, are answered then.
    private static func letGo(after count: Int, of clients: [Client]) async throws {
        let domain = FaultScene.romeo.domain
        try await withThrowingTaskGroup(of: Client.self) { group in
            for client in clients {
                group.addTask {
                    let ping = Element("ping", in: "urn:xmpp:ping")
                    let answer = try await client.request(.get, to: domain, ping)
                    #expect(answer.type == .result)
                    return client
                }
            }
            var answered = 0
            for try await client in group {
                answered += 1
                guard answered == count else { continue }
                let end = Element("let-go", in: "urn:fault")
                let answer = try await client.request(.get, to: domain, end)
                #expect(answer.type == .result)
            }
            #expect(answered == clients.count)
        }
    }
}
