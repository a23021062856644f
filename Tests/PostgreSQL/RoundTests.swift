import MartletNet
import TestSupport
import Testing

@testable import MartletPostgreSQL

/// Queries in one pipeline, and several pipelines at once.
@Suite(.timeLimit(.minutes(5)))
struct RoundTests {
    @Test func `answers each query of a round, in order`() async throws {
        try await Harness.use { harness in
            let rows = try await harness.pool.round([
                Query(.once("CREATE TABLE lines (n bigint PRIMARY KEY)")),
                Query(.once("INSERT INTO lines SELECT generate_series(1, 10)")),
                Query(.once("UPDATE lines SET n = n + 100 WHERE n > $1"), [.integer(7 as Int64)]),
                Query(.once("SELECT max(n) FROM lines")),
                Query(.once("")),
            ])
            #expect(rows.map(\.affected) == [0, 10, 3, 1, 0])
            #expect(rows[3].integer(0, 0) == 110)
        }
    }

    @Test func `undoes a round in which one query fails`() async throws {
        try await Harness.use { harness in
            _ = try await harness.ask("CREATE TABLE lines (n bigint CONSTRAINT once PRIMARY KEY)")
            let insert: Statement = "INSERT INTO lines VALUES ($1)"
            let fault = await faultOf {
                try await harness.pool.round(
                    [1, 2, 1, 3].map { Query(insert, [.integer($0 as Int)]) }
                )
            }
            #expect(fault?.sqlState == "23505")
            #expect(fault?.failure?.constraint == "once" && fault?.failure?.table == "lines")
            #expect(fault.map { "\($0)" }?.contains("(1)") == false, "values are no matter of logs")
            #expect(try await harness.ask("SELECT count(*) FROM lines").integer(0, 0) == 0)
        }
    }

    @Test func `has many rounds under way at once, each with its own fate`() async throws {
        try await Harness.use { harness in
            _ = try await harness.ask("CREATE TABLE lines (n bigint PRIMARY KEY)")
            try await harness.connected { connection in
                var rounds: [Int: Result<[Rows], DatabaseError>] = [:]
                for n in 0..<200 {
                    let query = Query("INSERT INTO lines VALUES ($1)", [.integer(n / 2)])
                    connection.submit([query]) { rounds[n] = $0 }
                }
                let underWay = connection.roundsUnderWay
                #expect(underWay == 200)
                _ = try await connection.round([])
                let fates = (0..<200).map { n in (try? rounds[n]?.get()) != nil }
                #expect(fates == (0..<200).map { $0.isMultiple(of: 2) })
            }
            #expect(try await harness.ask("SELECT count(*) FROM lines").integer(0, 0) == 100)
        }
    }

    @Test func `keeps a transaction over several rounds, and says whether there is one`()
        async throws
    {
        try await Harness.use {
            $0.size = 1
        } _: { harness in
            _ = try await harness.ask("CREATE TABLE lines (n bigint PRIMARY KEY)")
            try await harness.connected { connection in
                let insert = Query("INSERT INTO lines VALUES (1)")
                let atFirst = connection.isInTransaction
                #expect(!atFirst)
                _ = try await connection.round([Query("BEGIN"), insert])
                let begun = connection.isInTransaction
                #expect(begun)
                _ = try await connection.round([Query("COMMIT")])
                let committed = connection.isInTransaction
                #expect(!committed)
                _ = try await connection.round([Query("BEGIN")])
                _ = await faultOf {
                    try await connection.round([insert])
                }
                let failed = connection.isInTransaction
                #expect(failed, "it has failed, and waits for its end")
                let fault = await faultOf {
                    try await connection.round([Query("SELECT 1")])
                }
                #expect(fault?.sqlState == "25P02")
            }
            // The pool has rolled it back.
            try await harness.connected { connection in
                let atLast = connection.isInTransaction
                #expect(!atLast)
                _ = try await connection.round([Query("SELECT 1")])
            }
            #expect(harness.pool.metrics.connected == 1)
        }
    }

    @Test func `takes no commit for one that was a rollback`() async throws {
        try await Harness.use { harness in
            try await harness.connected { connection in
                var fates: [Bool] = []
                let queries = [Query("BEGIN"), Query(.once("SELECT 1/0"))]
                connection.submit(queries) { fates.append((try? $0.get()) != nil) }
                let fault = await faultOf { try await connection.round([Query("COMMIT")]) }
                #expect(fates == [false])
                #expect(fault?.sqlState == "25P02")
            }
        }
    }

    @Test func `fails a round whose deferred constraint does not hold at its end`() async throws {
        try await Harness.use { harness in
            _ = try await harness.ask(
                "CREATE TABLE lines (n bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)"
            )
            let fault = await faultOf {
                try await harness.ask("INSERT INTO lines VALUES (1), (1)")
            }
            #expect(fault?.sqlState == "23505")
            #expect(try await harness.ask("SELECT count(*) FROM lines").integer(0, 0) == 0)
        }
    }

    @Test func `ends a session that begins to copy`() async throws {
        try await Harness.use { harness in
            for copy in ["COPY (SELECT 1) TO STDOUT", "COPY pg_class FROM STDIN"] {
                let fault = await faultOf { try await harness.ask(copy) }
                #expect(fault != nil, "\(copy)")
            }
            #expect(await harness.answers)
        }
    }

    @Test func `prepares a statement once, and for other types again`() async throws {
        try await Harness.use { harness in
            try await harness.connected { connection in
                let known = Query("SELECT count(*) FROM pg_prepared_statements")
                func count() async throws -> Int64? {
                    try await connection.round([known])[0].integer(0, 0)
                }
                let one = try await count()
                #expect(one == 1)
                let echo: Statement = "SELECT $1::text"
                for value in [Parameter.text("a"), .text("b"), .null] {
                    _ = try await connection.round([Query(echo, [value])])
                }
                let two = try await count()
                #expect(two == 2)
                let value = Query("SELECT $1::bigint + 1", [.null])
                let isNothing = try await connection.round([value])[0].isNull(0, 0)
                #expect(isNothing)
                let number = Query(value.statement, [.integer(41)])
                let sum = try await connection.round([number])[0].integer(0, 0)
                #expect(sum == 42)
            }
        }
    }

    @Test func `prepares again what the server forgot or must plan anew`() async throws {
        try await Harness.use { harness in
            _ = try await harness.ask("CREATE TABLE lines (n bigint)")
            try await harness.connected { connection in
                let all = Query("SELECT * FROM lines")
                let before = try await connection.round([all])[0].columnCount
                #expect(before == 1)
                _ = try await connection.round([Query(.once("DEALLOCATE ALL"))])
                let forgotten = try await connection.round([all])[0].columnCount
                #expect(forgotten == 1)
                _ = try await connection.round([Query(.once("ALTER TABLE lines ADD m text"))])
                let altered = try await connection.round([all])[0].columnCount
                #expect(altered == 2)
            }
        }
    }

    @Test func `says of a stale statement in a transaction that it may pass next time`()
        async throws
    {
        try await Harness.use { harness in
            try await harness.connected { connection in
                let one = Query("SELECT 1")
                _ = try await connection.round([one])
                _ = try await connection.round([Query(.once("DEALLOCATE ALL"))])
                _ = try await connection.round([Query("BEGIN")])
                let fault = await faultOf {
                    try await connection.round([one])
                }
                #expect(fault?.failure?.mayPassNextTime == true)
                _ = try await connection.round([Query(.once("ROLLBACK"))])
                _ = try await connection.round([one])
            }
        }
    }

    @Test func `tells why a statement cannot be prepared`() async throws {
        try await Harness.use { harness in
            for _ in 0..<2 {
                let fault = await faultOf {
                    try await harness.ask("SELECT * FROM nowhere")
                }
                #expect(fault?.sqlState == "42P01")
            }
            _ = try await harness.ask("CREATE TABLE nowhere (n bigint)")
            #expect(try await harness.ask("SELECT * FROM nowhere").isEmpty)
        }
    }

    @Test func `refuses what is too much before it is sent`() async throws {
        try await Harness.use { harness in
            let many = Query("SELECT 1", Array(repeating: .null, count: 70_000))
            let fault = await faultOf {
                try await harness.pool.round([many])
            }
            #expect(fault?.sqlState == "54000")
            #expect(harness.pool.metrics.lost == 0)
            #expect(await harness.answers)
        }
    }
}
