import MartletClient
import MartletCore
import MartletTesting
import MartletXML
import Testing

/// XEP-0191 with as many entries as the settings allow.
@Suite struct BlocklistTests {
    @Test(.timeLimit(.minutes(5)))
    func `ten thousand entries are taken, and not one more`() async throws {
        let scene = try await Scene(plugins: ["blocking": "{}"])
        let juliet = try await scene.enter(JID("juliet@capulet.example/chamber"))
        for portion in 0..<4 {
            let answer = try await juliet.request(.set, Self.block(portion * 2_500, count: 2_500))
            #expect(answer.type == .result)
        }
        let one = try await juliet.request(.set, Self.block(10_000, count: 1))
        #expect(one.type == .error)
        await scene.end()
    }

    /// Its list is not kept in memory while nobody is there, and must not be read for each stanza.
    @Test func `a message to somebody who is away costs as much as with one entry`() async throws {
        let store = StubbornStore()
        let scene = try await Scene(plugins: ["blocking": "{}"], store: store)
        let juliet = try await scene.enter(JID("juliet@capulet.example/chamber"))
        _ = try await juliet.request(.set, Self.block(0, count: 2_000))
        await juliet.close()
        let friend = try await scene.enter(JID("mercutio@montague.example/square"))
        let blocked = try await scene.enter(JID("romeo1999@montague.example/orchard"))
        let before = store.listedCount.load(ordering: .relaxed)
        for client in [friend, blocked] {
            let to = try JID("juliet@capulet.example")
            await client.send(
                Stanza(.message, type: .chat, to: to, id: "m1") {
                    $0.element("body") { $0.text("?") }
                }
            )
        }
        var refusal: Stanza?
        for await stanza in blocked.stanzas where stanza.id == "m1" {
            refusal = stanza
            break
        }
        #expect(refusal?.error?.condition == .serviceUnavailable)
        await scene.server.settle()
        #expect(store.listedCount.load(ordering: .relaxed) == before)
        await scene.end()
    }

    private static let namespace = "urn:xmpp:blocking"

    private static func block(_ first: Int, count: Int) -> Element {
        Element("block", in: namespace) { block in
            for number in first..<(first + count) {
                block.element("item", in: namespace, ["jid": "romeo\(number)@montague.example"])
            }
        }
    }
}
