import MartletClient
import MartletCore
import MartletStorageSQLite
import MartletTesting
import MartletXML
import Testing

/// What a client says before it goes arrives, though the store takes its time.
@Suite struct LeavingTests {
    private let romeo = JID(prepared: "romeo", "montague.example", "orchard")
    private let juliet = JID(prepared: "juliet", "capulet.example", "balcony")

    private func bodies(_ client: Client, _ count: Int) async -> [String] {
        var bodies: [String] = []
        for await stanza in client.stanzas where stanza.kind == .message {
            bodies.append(stanza.child("body", in: Namespace.client)?.text ?? "")
            if bodies.count == count { break }
        }
        return bodies
    }

    /// The presence waits for the roster; what stands behind it waits for the presence.
    @Test(.timeLimit(.minutes(5)), arguments: [true, false])
    func `in order, whether the stream was closed or cut`(isClosed: Bool) async throws {
        try await inFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/martlet.db")
            let scene = try await Scene(store: store)
            let (his, hers) = (try await scene.enter(romeo), try await scene.enter(juliet))
            let messages = (1...5).map {
                "<message to='\(juliet)' type='chat'><body>\($0)</body></message>"
            }
            let end = isClosed ? "</stream:stream>" : ""
            await his.send(raw: Array(("<presence/>" + messages.joined() + end).utf8))
            if !isClosed { _ = await his.cut() }
            #expect(await bodies(hers, 5) == ["1", "2", "3", "4", "5"])
            await scene.end()
        }
    }
}
