import MartletCore
import MartletNet
import MartletPostgreSQL
import MartletStorage
import TestSupport
import Testing

@testable import MartletStoragePostgreSQL

private let owner = Owner(romeo)
private let entry = NewLogEntry(time: at(1), columns: ["with": "x"], value: [1])

/// What callers are told when the answer to a commit is lost.
@Suite(.timeLimit(.minutes(5)))
struct `A commit whose answer is lost` {
    @Test func `is told as done when it was, also to calls that are a statement`() async throws {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        try await store.createAccount(Account(romeo))
        try await WriterBench.relayed(place) { bench, relay in
            await relay.dropAnswer(to: WriterBench.commit)
            let append = Job.Work.one(.append([entry], to: "l"), of: owner)
            let results = await bench.write([append, .disabling(romeo)])
            #expect(results.map(\.hasSucceeded) == [true, true])
            let answer = try results.last?.get()
            #expect(try answer?.rows.count == 1, "there was such an account")
            #expect(bench.pool.metrics.lost == 1)
        }
        #expect(try await store.size(of: "l", of: owner).count == 1)
        #expect(try await store.account(romeo)?.isDisabled == true)
        await store.close()
    }

    @Test func `is told as done when its group was of statements alone`() async throws {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        try await store.createAccount(Account(romeo))
        try await WriterBench.relayed(place) { bench, relay in
            await relay.dropAnswer(to: WriterBench.commit)
            let results = await bench.write([.disabling(romeo)])
            #expect(results.map(\.hasSucceeded) == [true])
            #expect(bench.pool.metrics.lost == 1)
        }
        #expect(try await store.account(romeo)?.isDisabled == true)
        await store.close()
    }

    @Test func `is told as done to a batch that searched what it wrote`() async throws {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        let batch = Job.Work.operations(
            [.append([entry], to: "l"), .query(LogQuery(limit: 9), in: "l")],
            of: owner,
            at: at(1_000_000)
        )
        try await WriterBench.relayed(place) { bench, relay in
            await relay.dropAnswer(to: WriterBench.commit)
            let results = await bench.write([batch])
            #expect(results.map(\.hasSucceeded) == [true])
            #expect(bench.pool.metrics.lost == 1)
        }
        #expect(try await store.size(of: "l", of: owner).count == 1)
        await store.close()
    }

    @Test func `is done again when it was cut off before`() async throws {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        try await WriterBench.relayed(place) { bench, relay in
            await relay.dropAnswer(to: "pg_current_xact_id")
            let results = await bench.write([.one(.append([entry], to: "l"), of: owner)])
            #expect(results.map(\.hasSucceeded) == [true])
            #expect(bench.pool.metrics.lost == 1)
        }
        #expect(try await store.size(of: "l", of: owner).count == 1)
        await store.close()
    }
}

extension `A commit whose answer is lost` {
    @Test func `is not taken for another server's transaction of the same number`() async throws {
        let place = try await PostgreSQLPlace()
        await (try await place.open { at(1_000_000) }).close()
        let other = try await PostgreSQLServer(isDurable: false)
        try await other.sql(
            """
            DO $$ BEGIN
                WHILE pg_current_xact_id() < '60000' LOOP COMMIT; END LOOP;
            END $$
            """
        )
        try await WriterBench.relayed(place) { bench, relay in
            await relay.dropAnswer(to: WriterBench.commit, then: .loopback(port: other.port))
            let results = await bench.write([.one(.append([entry], to: "l"), of: owner)])
            guard case .unavailable? = results.first?.failure else {
                Issue.record("\(results)")
                return
            }
        }
    }
}
