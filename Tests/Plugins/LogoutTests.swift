import MartletCore
import MartletNet
import MartletStorage
import MartletTesting
import TestSupport
import Testing

/// When XEP-0012's logouts are written: not each at once, and none is lost at an orderly end.
@Suite(.timeLimit(.minutes(5))) struct LogoutTests {
    private static let romeo = "romeo@montague.example"

    /// A store that is still there when its server has gone.
    private final class LastingStore: ForwardingStore {
        let store = MemoryStore()
        func close() async {}
    }

    private func leave(_ scene: Scene) async throws {
        let client = try await scene.enter(try JID(Self.romeo + "/orchard"))
        await client.close()
        // The session has ended when its account's next client is there, at the same home.
        await scene.server.settle()
    }

    private func logout(in store: any Store) async throws -> Document? {
        try await store.document("logout", in: "last", of: Owner(try JID(Self.romeo)))
    }

    @Test func `are written together, a while after the first`() async throws {
        let scene = try await Scene(plugins: ["last": "{}"], clock: ManualClock())
        for _ in 0..<3 { try await leave(scene) }
        #expect(try await logout(in: scene.store) == nil)
        while try await logout(in: scene.store) == nil {
            try await scene.pass(.seconds(5))
            await Task.yield()
        }
        await scene.end()
    }

    @Test func `are written before the server is gone`() async throws {
        let store = LastingStore()
        let scene = try await Scene(plugins: ["last": "{}"], store: store, clock: ManualClock())
        try await leave(scene)
        #expect(try await logout(in: store) == nil)
        await scene.end()
        #expect(try await logout(in: store) != nil)
    }
}
