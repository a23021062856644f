import MartletClient
import MartletCore
import MartletTesting
import Testing

/// XEP-0198 from the client's side.
@Suite(.timeLimit(.minutes(5)))
struct ResumptionTests {
    private let romeo = JID(prepared: "romeo", "montague.example", "balcony")
    private let juliet = JID(prepared: "juliet", "capulet.example", "window")

    private func message(_ text: String) -> Stanza {
        Stanza(.message, type: .chat, to: juliet, id: text) { $0.element("body") { $0.text(text) } }
    }

    /// The ids of the messages that come until one with the last id has.
    private func ids(_ client: Client, to last: String) async -> [String] {
        var ids: [String] = []
        for await stanza in client.stanzas where stanza.kind == .message {
            ids.append(stanza.id ?? "")
            if stanza.id == last { break }
        }
        return ids
    }

    @Test func `goes on as the same session`() async throws {
        let scene = try await Scene()
        let her = try await scene.enter(juliet)
        await her.sendPresence()
        let his = try await scene.enter(romeo, managed: true)
        await his.send(message("one"))
        #expect(await ids(her, to: "one") == ["one"])
        let earlier = try #require(await his.cut())
        let back = try await scene.enter(romeo, managed: true, resuming: earlier)
        #expect(await back.isResumed)
        #expect(await back.jid == romeo)
        await back.send(message("two"))
        #expect(await ids(her, to: "two") == ["two"], "the first was not sent again")
        await scene.end()
    }

    @Test func `keeps what the server did not see, and sends it on the new connection`()
        async throws
    {
        let scene = try await Scene()
        let her = try await scene.enter(juliet)
        await her.sendPresence()
        let his = try await scene.enter(romeo, managed: true)
        let earlier = try #require(await his.cutThenSend(["one", "two"].map(message)))
        #expect(earlier.unacknowledged.map(\.id) == ["one", "two"])
        let back = try await scene.enter(romeo, managed: true, resuming: earlier)
        await back.send(message("three"))
        #expect(await ids(her, to: "three") == ["one", "two", "three"])
        await scene.end()
    }

    @Test func `binds anew where there is nothing to resume`() async throws {
        let scene = try await Scene()
        let his = try await scene.enter(romeo, managed: true)
        let earlier = try #require(await his.cut())
        let first = try await scene.enter(romeo, managed: true, resuming: earlier)
        #expect(await first.isResumed)
        await first.close()
        let second = try await scene.enter(romeo, managed: true, resuming: earlier)
        #expect(await !second.isResumed)
        #expect(await second.jid == romeo)
        await scene.end()
    }
}

extension Client {
    /// Loses the connection and goes on sending, as one does who has not noticed yet.
    fileprivate func cutThenSend(_ stanzas: [Stanza]) -> ClientManagement? {
        _ = cut()
        for stanza in stanzas { send(stanza) }
        return cut()
    }
}
