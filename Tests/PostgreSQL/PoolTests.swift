import MartletNet
import Synchronization
import TestSupport
import Testing

@testable import MartletPostgreSQL

/// Who gets a connection, and when not.
@Suite(.timeLimit(.minutes(5)))
struct PoolTests {
    @Test func `serves callers in their order, and no more at once than it has`() async throws {
        try await Harness.use {
            $0.size = 1
        } _: { harness in
            let first = try await harness.pool.lease()
            let order = Order()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for n in 0..<5 {
                    group.addTask {
                        let connection = try await harness.pool.lease()
                        order.note(n)
                        await harness.pool.giveBack(connection)
                    }
                    while harness.pool.metrics.waiting <= n { await Task.yield() }
                }
                #expect(harness.pool.metrics.busy == 1)
                await harness.pool.giveBack(first)
                try await group.waitForAll()
            }
            #expect(order.numbers == [0, 1, 2, 3, 4])
            #expect(harness.pool.metrics.busy == 0 && harness.pool.metrics.connected == 1)
        }
    }

    @Test func `turns away who waits too long, and who would be one too many`() async throws {
        try await Harness.use {
            $0.size = 1
            $0.queueBound = 1
            $0.waitTimeout = .seconds(3)
        } _: { harness in
            let held = try await harness.pool.lease()
            async let waiting = faultOf { try await harness.pool.lease() }
            while harness.pool.metrics.waiting == 0 { await Task.yield() }
            let excess = await faultOf { try await harness.pool.lease() }
            #expect(excess == .busy("1 wait for a connection"))
            #expect(await waiting?.isUnavailable == true)
            #expect(harness.pool.metrics.turnedAway == 2)
            await harness.pool.giveBack(held)
            #expect(await harness.answers)
        }
    }

    @Test func `turns away who waits when it closes, and then everybody`() async throws {
        try await Harness.use {
            $0.size = 1
        } _: { harness in
            let held = try await harness.pool.lease()
            async let waiting = faultOf { try await harness.pool.lease() }
            while harness.pool.metrics.waiting == 0 { await Task.yield() }
            async let closed: Void = harness.pool.close()
            #expect(await waiting == .unavailable("it was closed"))
            await harness.pool.giveBack(held)
            await closed
            #expect(await faultOf { try await harness.pool.lease() }?.isUnavailable == true)
            #expect(harness.pool.metrics.open == 0)
        }
    }

    @Test func `leaves nobody waiting when its event loop stops`() async throws {
        let server = try await PostgreSQLServer.shared()
        let harness = try Harness(server.url(of: try await server.makeDatabase())) { $0.size = 1 }
        let held = try await harness.pool.lease()
        async let waiting = faultOf { try await harness.pool.lease() }
        async let asking = faultOf { try await held.round([Query("SELECT pg_sleep(30)")]) }
        while harness.pool.metrics.waiting == 0 { await Task.yield() }
        while await held.roundsUnderWay == 0 { await Task.yield() }
        await harness.shard.stop()
        #expect(await waiting?.isUnavailable == true)
        #expect(await asking?.isLoss == true)
        #expect(await faultOf { try await harness.pool.lease() }?.isUnavailable == true)
        await harness.pool.close()
    }

    @Test func `says once that the database is away, and fails calls in time`() async throws {
        let port = try freePort()
        try await Harness.use("postgresql://postgres@127.0.0.1:\(port)/postgres") {
            $0.waitTimeout = .seconds(2)
            $0.longestPause = .milliseconds(200)
        } _: { harness in
            let begun = ContinuousClock.now
            let faults = await withTaskGroup(of: DatabaseError?.self) { group in
                for _ in 0..<20 {
                    group.addTask { await faultOf { try await harness.pool.lease() } }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(faults.allSatisfy { $0?.isUnavailable == true })
            let words = faults.map { $0?.description ?? "" }
            #expect(words.contains { $0.contains("Connection refused") }, "\(words)")
            #expect(harness.book.events.count == 1)
            #expect(harness.pool.metrics.isAway)
            // Four at once, some quick ones, and then none before half of the longest pause.
            let most = 10 + Int((ContinuousClock.now - begun) / Duration.milliseconds(100))
            #expect(harness.pool.metrics.failedAttempts <= most, "it pauses")
        }
    }
}

/// The numbers of those who were served.
private final class Order: Sendable {
    private let state = Mutex<[Int]>([])

    var numbers: [Int] { state.withLock(\.self) }

    func note(_ number: Int) { state.withLock { $0.append(number) } }
}
