import MartletCore
import MartletPostgreSQL
import MartletStorage
import TestSupport
import Testing

@testable import MartletStoragePostgreSQL

private let owner = Owner(romeo)

/// A store behind pgbouncer, which gives a session of the server for one transaction.
@Suite(.timeLimit(.minutes(5)))
struct `PostgreSQL behind pgbouncer` {
    /// Lends the URL of an empty database behind a pooler with two sessions.
    private func withPooler(_ body: (String, PostgreSQLServer, String) async throws -> Void)
        async throws
    {
        let server = try await PostgreSQLServer.shared()
        let database = try await server.makeDatabase()
        let bouncer = try await PgBouncer(before: server, sessions: 2)
        let url = "postgresql://postgres@127.0.0.1:\(bouncer.port)/\(database)"
        let result: Result<Void, any Error>
        do {
            let own = url + "?prepare=off&sslmode=disable"
            result = .success(try await body(own, server, database))
        } catch {
            result = .failure(error)
        }
        await bouncer.stop()
        try result.get()
    }

    @Test func `stores and finds what others do`() async throws {
        try await withPooler { url, _, _ async throws in
            let store = try await PostgreSQLStore.open(url: url)
            try await store.createAccount(Account(romeo))
            let entry = NewLogEntry(time: at(1), columns: ["with": "x"], value: [1])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        try await store.append([entry], to: "l", of: owner)
                        try await store.putDocument("\(number)", in: "c", of: owner, value: [1])
                        _ = try await store.document("\(number)", in: "c", of: owner)
                    }
                }
                try await group.waitForAll()
            }
            let query = LogQuery([.column("with", .equal("x"))], limit: 99, wantsTotal: true)
            let page = try await store.query(query, in: "l", of: owner)
            #expect(page.entries.count == 60 && page.total == 60)
            #expect(try await store.countDocuments(in: "c", of: owner) == 60)
            #expect(try await store.account(romeo) != nil)
            await store.close()
        }
    }

    @Test func `has limits and an isolation of our own in each transaction that writes`()
        async throws
    {
        try await withPooler { url, server, database async throws in
            let isolation = "default_transaction_isolation = 'serializable'"
            try await server.sql("ALTER DATABASE \(database) SET \(isolation)")
            try await WriterBench.use(url) { bench in
                let settings = [
                    "transaction_isolation", "lock_timeout", "statement_timeout",
                    "idle_in_transaction_session_timeout",
                ]
                let asking = settings.map { Query(.once("SELECT current_setting('\($0)')")) }
                let rows = try await bench.pool.round(
                    Transaction.begin() + asking + [Transaction.rollback]
                )
                let found = rows.dropFirst(Transaction.begin().count).dropLast().map {
                    $0.text(0, 0)
                }
                #expect(found == ["read committed", "2s", "15s", "5s"])
            }
        }
    }
}
