import MartletCrypto
import MartletNet
import TestSupport
import Testing

@testable import MartletPostgreSQL

/// What becomes of calls when a statement, a session or the wire to the server fails.
@Suite(.timeLimit(.minutes(5)))
struct FaultTests {
    @Test func `says of a session ended in a transaction that nothing was committed`()
        async throws
    {
        try await Harness.use { harness in
            _ = try await harness.ask("CREATE TABLE lines (n bigint)")
            let insert = Query("INSERT INTO lines VALUES (1)")
            try await harness.connected { connection in
                _ = try await connection.round([Query("BEGIN"), insert])
                let process = connection.processID
                let fault = await faultOf {
                    try await connection.round([Self.end(process), insert])
                }
                #expect(fault?.mayHaveCommitted == false)
                #expect(fault.map { "\($0)" }?.contains("administrator command") == true)
                let isOpen = connection.isOpen
                #expect(!isOpen)
                let late = await faultOf {
                    try await connection.round([insert])
                }
                #expect(late?.mayHaveCommitted == false)
            }
            #expect(try await harness.ask("SELECT count(*) FROM lines").integer(0, 0) == 0)
            #expect(harness.book.events.filter(\.isAway).isEmpty)
            #expect(harness.pool.metrics.lost == 1)
        }
    }

    @Test func `says of a session ended while it commits that this may be done`() async throws {
        try await Harness.use { harness in
            try await harness.connected { connection in
                let process = connection.processID
                let queries = [Query("BEGIN"), Self.end(process), Query("COMMIT")]
                let fault = await faultOf { try await connection.round(queries) }
                #expect(fault?.mayHaveCommitted == true)
            }
        }
    }

    private static func end(_ process: Int32) -> Query {
        Query("SELECT pg_terminate_backend($1::bigint::int)", [.integer(Int64(process))])
    }

    @Test func `ends a statement that takes too long, and keeps the session`() async throws {
        try await Harness.use {
            $0.statementTimeout = .milliseconds(500)
            $0.size = 1
        } _: { harness in
            let fault = await faultOf { try await harness.ask("SELECT pg_sleep(30)") }
            #expect(fault?.sqlState == "57014")
            #expect(await harness.answers)
            #expect(harness.pool.metrics.connected == 1)
        }
    }

    @Test func `gives up a session that is silent for too long`() async throws {
        try await Harness.use {
            $0.statementTimeout = .zero
            $0.answerLimit = .seconds(1)
        } _: { harness in
            let fault = await faultOf { try await harness.ask("SELECT pg_sleep(30)") }
            #expect(fault?.mayHaveCommitted == true)
            #expect(await harness.answers)
            let patient = try await harness.pool.round(
                [Query("SELECT 1 FROM pg_sleep(2)")],
                within: .seconds(20)
            )
            #expect(patient[0].count == 1)
        }
    }

    @Test func `hears each statement of a round by itself`() async throws {
        try await Harness.use {
            $0.statementTimeout = .zero
            $0.answerLimit = .seconds(3)
        } _: { harness in
            let slow = Query("SELECT 1 FROM pg_sleep(0.9)")
            let rows = try await harness.pool.round(Array(repeating: slow, count: 5))
            #expect(rows.map(\.count) == [1, 1, 1, 1, 1])
            #expect(harness.pool.metrics.lost == 0)
        }
    }

    @Test func `notices a session that ends while it is idle`() async throws {
        try await Harness.use {
            $0.size = 1
        } _: { harness in
            let process = try await harness.ask("SELECT pg_backend_pid()").integer(0, 0)
            let server = try await PostgreSQLServer.shared()
            try await server.sql("SELECT pg_terminate_backend(\(process ?? 0))")
            await harness.book.wait { $0.contains(where: \.isLoss) }
            #expect(await harness.answers)
            #expect(harness.pool.metrics.connected == 2 && harness.pool.metrics.lost == 1)
        }
    }

    @Test func `does not hang on a wire that was cut`() async throws {
        try await relayed { harness, relay in
            #expect(await harness.answers)
            await relay.cut()
            let insert = Query("INSERT INTO lines VALUES (1)")
            let fault = await faultOf { try await harness.pool.round([insert]) }
            #expect(fault?.mayHaveCommitted == true, "nobody knows")
            // No host answers now.
            let next = await faultOf { try await harness.ask("SELECT 1") }
            #expect(next?.isUnavailable == true)
            await harness.book.wait { $0.contains(where: \.isAway) }
            await relay.mend()
            await harness.book.wait { $0.contains(where: \.isBack) }
            #expect(await harness.answers)
            #expect(harness.book.events.filter(\.isAway).count == 1)
            #expect(harness.book.events.filter(\.isBack).count == 1)
        }
    }

    @Test func `does not take a slow wire for silence while it sends`() async throws {
        try await relayed {
            $0.answerLimit = .seconds(5)
        } _: { harness, relay in
            #expect(await harness.answers)
            await relay.slow(to: .milliseconds(10))
            let large = Parameter.bytes([UInt8](repeating: 7, count: 40 << 20))
            let rows = try await harness.ask("SELECT octet_length($1)", [large])
            #expect(rows.integer(0, 0) == 40 << 20)
            #expect(harness.pool.metrics.lost == 0)
        }
    }

    @Test func `connects again when the wire was hung up`() async throws {
        try await relayed { harness, relay in
            #expect(await harness.answers)
            await relay.hangUp()
            await harness.book.wait { $0.contains(where: \.isLoss) }
            #expect(await harness.answers)
            #expect(harness.book.events.filter(\.isAway).isEmpty)
        }
    }

    @Test func `hears all of what came in long records of TLS`() async throws {
        let identity = try #require(TestIdentity.romeo.identity)
        let server = try await PostgreSQLServer.shared()
        let relay = Relay(
            to: .loopback(port: server.port),
            tls: try TLSContext(
                server: TLSServerSettings(identities: TLSIdentities(fallback: identity))
            )
        )
        let port = try await relay.start()
        let url = "postgresql://postgres@127.0.0.1:\(port)/postgres?sslmode=require"
        try await Harness.use(url) {
            $0.size = 1
            $0.answerLimit = .seconds(10)
        } _: { harness in
            for length in stride(from: 7_000, through: 70_000, by: 501) {
                let rows = try await harness.ask("SELECT repeat('x', $1::int)", [.integer(length)])
                #expect(rows.text(0, 0)?.utf8.count == length)
            }
            #expect(harness.pool.metrics.lost == 0)
        }
        await relay.stop()
    }

    /// Lends a pool that reaches its server through a relay, and does not wait long.
    private func relayed(
        _ change: (inout PoolOptions) -> Void = { _ in },
        _ body: (Harness, Relay) async throws -> Void
    ) async throws {
        let server = try await PostgreSQLServer.shared()
        let database = try await server.makeDatabase()
        try await server.sql("CREATE TABLE lines (n bigint)", in: database)
        let relay = Relay(to: .loopback(port: server.port))
        let port = try await relay.start()
        let url = "postgresql://postgres@127.0.0.1:\(port)/\(database)?sslmode=disable"
        try await Harness.use(url) {
            $0.size = 2
            $0.connectTimeout = .seconds(2)
            $0.answerLimit = .seconds(2)
            $0.waitTimeout = .seconds(3)
            change(&$0)
        } _: { harness in
            try await body(harness, relay)
        }
        await relay.stop()
    }
}
