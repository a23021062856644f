import MartletCore
import MartletStorage
import MartletStoragePostgreSQL
import TestSupport
import Testing

private let owner = Owner(romeo)

/// What becomes of a start while the database is not ready for it.
@Suite(.timeLimit(.minutes(5)))
struct `Opening a store in PostgreSQL` {
    @Test func `fails at once with a wrong password, which is not told`() async throws {
        let server = try await PostgreSQLServer(isDurable: false)
        try await server.sql("CREATE ROLE guarded LOGIN PASSWORD 'secret'")
        let url =
            "postgresql://guarded:hush-hush@127.0.0.1:\(server.port)/postgres?sslmode=disable"
        let lines = Lines()
        let fault = await #expect(throws: StorageError.self) {
            try await PostgreSQLStore.open(
                url: url,
                log: { lines.note($0) }
            )
        }
        let said = lines.all + [fault?.description ?? ""]
        #expect(said.last?.contains("password authentication failed") == true, "\(said)")
        #expect(!said.contains { $0.contains("waiting for the database") }, "\(said)")
        #expect(!said.contains { $0.contains("hush-hush") })
    }

    @Test func `waits for a database that starts later, and says so once`() async throws {
        let server = try await PostgreSQLServer(isDurable: false)
        try await server.stop()
        let lines = Lines()
        @Sendable func count(_ words: String) -> Int {
            lines.all.count { $0.hasPrefix(words) }
        }
        async let opening = PostgreSQLStore.open(
            url: server.url(),
            log: { lines.note($0) }
        )
        while count("waiting for the database") == 0 { await Task.yield() }
        try await server.start()
        let store = try await opening
        try await store.putDocument("k", in: "c", of: owner, value: [1])
        #expect(count("waiting for the database") == 1)
        await store.close()
    }

    @Test func `gives up when the database stays away`() async throws {
        var options = PostgreSQLOptions()
        options.startTimeout = .milliseconds(500)
        options.waitTimeout = .milliseconds(500)
        let url = "postgresql://postgres@127.0.0.1:\(try freePort())/postgres?sslmode=disable"
        let patient = options
        let fault = await #expect(throws: StorageError.self) {
            try await PostgreSQLStore.open(url: url, options: patient)
        }
        guard case .unavailable? = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
    }
}
