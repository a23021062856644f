import MartletCore
import MartletStorage
import MartletStoragePostgreSQL
import TestSupport
import Testing

private let owner = Owner(romeo)

/// A server that goes away under a store.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct `A PostgreSQL server that is away` {
    /// What is waited for once and a half, on a machine with much else to do; were it for each group of a
    /// thousand calls, it would be a minute.
    private static let limit = Duration.seconds(40)

    /// Lends a store on a server of its own, which waits four seconds for it.
    private func withStore(
        _ body: (PostgreSQLStore, PostgreSQLServer) async throws -> Void
    ) async throws {
        let server = try await PostgreSQLServer(isDurable: false)
        var options = PostgreSQLOptions()
        options.connections = 2
        options.waitTimeout = .seconds(4)
        let store = try await PostgreSQLStore.open(url: server.url(), options: options)
        let result: Result<Void, any Error>
        do { result = .success(try await body(store, server)) } catch { result = .failure(error) }
        await store.close()
        try result.get()
    }

    /// Puts documents at once, and tells how many were put.
    private func put(_ count: Int, in store: PostgreSQLStore) async -> Int {
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<count {
                group.addTask {
                    let key = "\(number)"
                    return (try? await store.putDocument(key, in: "c", of: owner, value: [1]))
                        != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    @Test func `keeps no call waiting for longer than once and a half`() async throws {
        try await withStore { store, server in
            try await server.stop(.immediate)
            let begun = ContinuousClock.now
            #expect(await put(15_000, in: store) == 0)
            #expect(ContinuousClock.now - begun < Self.limit)
            try await server.start()
            var count = 0
            while count == 0 { count = await put(1, in: store) }
        }
    }

    @Test func `keeps nobody waiting who closes the store`() async throws {
        try await withStore { store, server in
            try await server.stop(.immediate)
            let begun = ContinuousClock.now
            async let puts = put(15_000, in: store)
            await store.close()
            #expect(await puts == 0)
            #expect(ContinuousClock.now - begun < Self.limit)
        }
    }
}
