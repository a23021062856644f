import TestSupport
import Testing

@testable import MartletPostgreSQL

/// Through pgbouncer, which gives a session of the server for one transaction.
@Suite(.timeLimit(.minutes(5)))
struct PgBouncerTests {
    @Test func `needs nothing of a session but what a transaction holds`() async throws {
        let server = try await PostgreSQLServer.shared()
        let database = try await server.makeDatabase()
        try await server.sql("CREATE TABLE lines (n bigint PRIMARY KEY)", in: database)
        let bouncer = try await PgBouncer(before: server, sessions: 2)
        let url = "postgresql://postgres@127.0.0.1:\(bouncer.port)/\(database)?prepare=off"
        try await Harness.use(url + "&sslmode=disable") {
            $0.size = 6
        } _: { harness in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for n in 0..<60 {
                    group.addTask { try await insert(n, harness) }
                }
                try await group.waitForAll()
            }
            let rows = try await harness.ask("SELECT count(*), sum(n)::bigint FROM lines")
            #expect(rows.integer(0, 0) == 120)
            #expect(rows.integer(0, 1) == Int64((0..<120).reduce(0, +)))
            #expect(harness.pool.metrics.connected > 2)
        }
        await bouncer.stop()
    }

    /// Once in a transaction over two rounds, and once in several rounds under way at once.
    @Sendable private func insert(_ n: Int, _ harness: Harness) async throws {
        let statement: Statement = "INSERT INTO lines VALUES ($1)"
        try await harness.connected { connection in
            let first = Query(statement, [.integer(2 * n)])
            _ = try await connection.round([Query("BEGIN"), first])
            connection.submit([Query("COMMIT")]) { _ in }
            connection.submit([Query("SELECT 1")]) { _ in }
            let second = Query(statement, [.integer(2 * n + 1)])
            _ = try await connection.round([second])
        }
    }
}
