import MartletCore
import MartletStorage
import MartletStoragePostgreSQL
import TestSupport
import Testing

private let owner = Owner(romeo)

@Suite(.serialized, .timeLimit(.minutes(5)))
struct `Figures of PostgreSQL` {
    private func number(_ name: String, _ store: PostgreSQLStore) -> Int? {
        store.figures.first { $0.name == name }.flatMap { Int($0.value) }
    }

    private func state(_ store: PostgreSQLStore) -> String? {
        store.figures.first { $0.name == "database" }?.value
    }

    @Test func `count what was written, and what could not be`() async throws {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        for _ in 0..<3 {
            try await store.putDocument("k", in: "c", of: owner, value: [1])
        }
        #expect(number("writes.done", store) == 3)
        #expect(number("writes.commits", store) == 3)
        #expect(number("writes.failed", store) == 0)
        #expect(number("writes.queued", store) == 0)
        try await place.sql("ALTER TABLE document RENAME TO lost")
        _ = try? await store.putDocument("k", in: "c", of: owner, value: [1])
        #expect(number("writes.failed", store) == 1)
        await store.close()
    }

    @Test func `say that the database is away, and that it is back`() async throws {
        let server = try await PostgreSQLServer(isDurable: false)
        var options = PostgreSQLOptions()
        options.waitTimeout = .seconds(1)
        let store = try await PostgreSQLStore.open(url: server.url(), options: options)
        #expect(state(store) == "here")
        try await server.stop()
        while state(store)?.hasPrefix("away: ") != true { await Task.yield() }
        _ = try? await store.document("k", in: "c", of: owner)
        #expect((number("reads.refused", store) ?? 0) >= 1)
        try await server.start()
        while state(store) != "here" { await Task.yield() }
        try await store.putDocument("k", in: "c", of: owner, value: [1])
        #expect((number("connections.lost", store) ?? 0) > 0)
        await store.close()
    }
}
