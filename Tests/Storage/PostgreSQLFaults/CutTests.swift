import MartletCore
import MartletNet
import MartletPostgreSQL
import MartletStorage
import TestSupport
import Testing

@testable import MartletStoragePostgreSQL

private let owner = Owner(romeo)

/// A wire that is cut in the middle of a transaction, of which nobody is told.
@Suite(.timeLimit(.minutes(5)))
struct `A wire to PostgreSQL that is cut` {
    @Test func `in a transaction loses nothing that is acknowledged, and doubles nothing`()
        async throws
    {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        let entry = NewLogEntry(time: at(1), columns: [:], value: [1])
        try await store.append([entry], to: "l", of: owner)
        let relay = Relay(to: .loopback(port: try await PostgreSQLServer.shared().port))
        let port = try await relay.start()
        try await WriterBench.use(place.url(through: port)) {
            $0.answerLimit = .seconds(4)
            $0.connectTimeout = .seconds(4)
        } _: { bench in
            let holder = try await Holder(place.url, "SELECT id FROM owner FOR UPDATE")
            let append = Job.Work.one(.append([entry], to: "l"), of: owner)
            async let cut = bench.write([append])
            while try await holder.ask(Self.waiting).integer(0, 0) == 0 { await Task.yield() }
            await relay.cut()
            try await holder.letGo()
            // It has its lock now, or has waited for it in vain; who asked hears of neither.
            while bench.pool.metrics.lost == 0 { await Task.yield() }
            await relay.mend()
            var acknowledged = await cut.count { $0.hasSucceeded }
            while acknowledged < 3 {
                acknowledged += await bench.write([append]).count { $0.hasSucceeded }
            }
            #expect(try await store.size(of: "l", of: owner).count == 1 + acknowledged)
        }
        await relay.stop()
        await store.close()
    }

    /// How many wait for the transaction of who asks.
    private static let waiting = """
        SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'
        AND transactionid = pg_current_xact_id()::xid
        """
}
