import MartletNet
import TestSupport
import Testing

@testable import MartletPostgreSQL

/// Queries in one pipeline, and several pipelines at once.
@Suite(.timeLimit(.minutes(1)))
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
            let fault = await fault {
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
                let found11 = connection.roundsUnderWay
                #expect(found11 == 200)
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
                let found8 = connection.isInTransaction
                #expect(!found8)
                _ = try await connection.round([Query("BEGIN"), insert])
                let found12 = connection.isInTransaction
                #expect(found12)
                _ = try await connection.round([Query("COMMIT")])
                let found9 = connection.isInTransaction
                #expect(!found9)
                _ = try await connection.round([Query("BEGIN")])
                _ = await fault {
                    try await connection.round([insert])
                }
                let found13 = connection.isInTransaction
                #expect(found13, "it has failed, and waits for its end")
                let fault = await fault {
                    try await connection.round([Query("SELECT 1")])
                }
                #expect(fault?.sqlState == "25P02")
            }
            // The pool has rolled it back.
            try await harness.connected { connection in
                let found10 = connection.isInTransaction
                #expect(!found10)
                _ = try await connection.round([Query("SELECT 1")])
            }
            #expect(harness.pool.metrics.connected == 1)
        }
    }

    @Test func `fails a round whose deferred constraint does not hold at its end`() async throws {
        try await Harness.use { harness in
            _ = try await harness.ask(
                "CREATE TABLE lines (n bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)"
            )
            let fault = await fault {
                try await harness.ask("INSERT INTO lines VALUES (1), (1)")
            }
            #expect(fault?.sqlState == "23505")
            #expect(try await harness.ask("SELECT count(*) FROM lines").integer(0, 0) == 0)
        }
    }

    @Test func `ends a session that begins to copy`() async throws {
        try await Harness.use { harness in
            for copy in ["COPY (SELECT 1) TO STDOUT", "COPY pg_class FROM STDIN"] {
                let fault = await fault { try await harness.ask(copy) }
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
                let found1 = try await count()
                #expect(found1 == 1)
                let echo: Statement = "SELECT $1::text"
                for value in [Parameter.text("a"), .text("b"), .null] {
                    _ = try await connection.round([Query(echo, [value])])
                }
                let found2 = try await count()
                #expect(found2 == 2)
                let value = Query("SELECT $1::bigint + 1", [.null])
                let found3 = try await connection.round([value])[0].isNull(0, 0)
                #expect(found3)
                let number = Query(value.statement, [.integer(41)])
                let found4 = try await connection.round([number])[0].integer(0, 0)
                #expect(found4 == 42)
            }
        }
    }

    @Test func `prepares again what the server forgot or must plan anew`() async throws {
        try await Harness.use { harness in
            _ = try await harness.ask("CREATE TABLE lines (n bigint)")
            try await harness.connected { connection in
                let all = Query("SELECT * FROM lines")
                let found5 = try await connection.round([all])[0].columnCount
                #expect(found5 == 1)
                _ = try await connection.round([Query(.once("DEALLOCATE ALL"))])
                let found6 = try await connection.round([all])[0].columnCount
                #expect(found6 == 1)
                _ = try await connection.round([Query(.once("ALTER TABLE lines ADD m text"))])
                let found7 = try await connection.round([all])[0].columnCount
                #expect(found7 == 2)
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
                let fault = await fault {
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
                let fault = await fault {
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
            let fault = await fault {
                try await harness.pool.round([many])
            }
            #expect(fault?.sqlState == "54000")
            #expect(await harness.answers)
        }
    }
}
