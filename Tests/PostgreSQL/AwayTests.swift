import MartletNet
import Synchronization
import TestSupport
import Testing

@testable import MartletPostgreSQL

/// A server that is stopped, crashes, is short of connections, or is another one.
///
/// Each has a server of its own; one after the other, because they are many processes.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct AwayTests {
    @Test(arguments: [PostgreSQLServer.Stop.fast, .immediate])
    func `loses nothing that was acknowledged when the server stops under load`(
        how: PostgreSQLServer.Stop
    ) async throws {
        let server = try await PostgreSQLServer()
        try await server.sql("CREATE TABLE lines (n bigint PRIMARY KEY)")
        try await Harness.use(server.url()) {
            $0.waitTimeout = .milliseconds(400)
        } _: { harness in
            let load = Load(harness.pool)
            async let ended: Void = load.run(untilEnoughAfter: harness.book)
            await load.acknowledged(100)
            try await server.stop(how)
            await harness.book.wait { $0.contains(where: \.isAway) }
            try await server.start()
            await harness.book.wait { $0.contains(where: \.isBack) }
            await ended
            let rows = try await harness.ask("SELECT n FROM lines")
            let stored = Set((0..<rows.count).compactMap { rows.integer($0, 0) })
            let (acknowledged, refused) = load.outcome
            #expect(acknowledged.isSubset(of: stored))
            #expect(stored.isDisjoint(with: refused))
            #expect(harness.book.events.filter(\.isAway).count == 1)
            #expect(harness.book.events.filter(\.isBack).count == 1)
            #expect(harness.book.events.count <= 5, "\(harness.book.lines)")
            #expect(!harness.pool.metrics.isAway)
        }
    }

    @Test func `makes do with the connections that the server has left`() async throws {
        let server = try await PostgreSQLServer.shared()
        let database = try await server.makeDatabase()
        try await server.sql("CREATE ROLE few LOGIN CONNECTION LIMIT 1")
        try await Harness.use(server.url(of: database, user: "few")) {
            $0.size = 4
        } _: { harness in
            let sums = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for n in 0..<50 {
                    group.addTask {
                        try await harness.ask("SELECT $1::bigint", [.integer(n)]).integer(0, 0)
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ?? 0 }
            }
            #expect(sums == 1225)
            let metrics = harness.pool.metrics
            #expect(metrics.open == 1 && metrics.failedAttempts > 0)
            #expect(metrics.lastError?.contains("too many connections") == true)
            #expect(harness.book.events.isEmpty, "it is there")
        }
    }

    @Test func `goes to the second host when the first is gone, and to one that takes writes`()
        async throws
    {
        let (first, second) = (try await PostgreSQLServer(), try await PostgreSQLServer())
        let hosts = "127.0.0.1:\(first.port),127.0.0.1:\(second.port)"
        let url =
            "postgresql://postgres@\(hosts)/postgres?target_session_attrs=read-write&sslmode=disable"
        try await Harness.use(url) { harness in
            func port() async throws -> Int64? {
                try await harness.ask("SELECT inet_server_port()").integer(0, 0)
            }
            #expect(try await port() == Int64(first.port))
            try await first.stop(.immediate)
            await harness.book.wait { $0.contains(where: \.isLoss) }
            #expect(try await port() == Int64(second.port))
            try await first.start()
            try await second.sql("ALTER SYSTEM SET default_transaction_read_only = on")
            try await second.stop(.fast)
            try await second.start()
            #expect(try await port() == Int64(first.port))
        }
    }
}

extension AwayTests {
    @Test func `leaves a host that takes no writes any more`() async throws {
        let (first, second) = (try await PostgreSQLServer(), try await PostgreSQLServer())
        for server in [first, second] { try await server.sql("CREATE TABLE lines (n bigint)") }
        let hosts = "127.0.0.1:\(first.port),127.0.0.1:\(second.port)"
        let url = "postgresql://postgres@\(hosts)/postgres?sslmode=disable"
        let insert = "INSERT INTO lines VALUES (1) RETURNING inet_server_port()"
        try await Harness.use(url) { harness in
            #expect(try await harness.ask(insert).integer(0, 0) == Int64(first.port))
            try await first.sql("ALTER SYSTEM SET default_transaction_read_only = on")
            try await first.reload()
            var port: Int64?
            var faults: Set<String> = []
            while port != Int64(second.port) {
                do {
                    port = try await harness.ask(insert).integer(0, 0)
                } catch let error as DatabaseError {
                    faults.insert(error.sqlState ?? "\(error)")
                }
            }
            #expect(faults == ["25006"])
            #expect(harness.book.lines.contains { $0.contains("takes no writes") })
        }
    }
}

/// Inserts numbers on many tasks, and keeps which were acknowledged and which surely were not.
private final class Load: Sendable {
    private struct State {
        var next: Int64 = 0
        var acknowledged: Set<Int64> = []
        var refused: Set<Int64> = []
        var waiting: [(Int, CheckedContinuation<Void, Never>)] = []
    }

    private let pool: Pool
    private let state = Mutex(State())

    init(_ pool: Pool) { self.pool = pool }

    var outcome: (acknowledged: Set<Int64>, refused: Set<Int64>) {
        state.withLock { ($0.acknowledged, $0.refused) }
    }

    func acknowledged(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                let isThere = state.acknowledged.count >= count
                if !isThere { state.waiting.append((count, continuation)) }
                return isThere
            }
            if isThere { continuation.resume() }
        }
    }

    /// Goes on until some were acknowledged after the database was back.
    func run(untilEnoughAfter book: EventBook) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var after = 0
                    while after < 20 {
                        let isDone = await self.insertOne()
                        if isDone, book.events.contains(where: \.isBack) { after += 1 }
                    }
                }
            }
        }
    }

    private func insertOne() async -> Bool {
        let n = state.withLock { state in
            state.next += 1
            return state.next
        }
        let insert = Query("INSERT INTO lines VALUES ($1)", [.integer(n)])
        let fault = await faultOf { try await pool.round([insert]) }
        let ready = state.withLock { state in
            if fault == nil {
                state.acknowledged.insert(n)
            } else if fault?.mayHaveCommitted != true {
                state.refused.insert(n)
            }
            let ready = state.waiting.filter { $0.0 <= state.acknowledged.count }.map(\.1)
            state.waiting.removeAll { $0.0 <= state.acknowledged.count }
            return ready
        }
        for waiter in ready { waiter.resume() }
        return fault == nil
    }
}
