import MartletNet
import MartletPostgreSQL
import MartletStorage
import Synchronization
import TestSupport

@testable import MartletStoragePostgreSQL

/// A writer on a pool of its own, whose queue is filled before it looks: what makes one group is the
/// test's to say.
///
/// The schema is there already: somebody has opened a store on it.
struct WriterBench {
    let pool: Pool
    let names: Names
    private let shard: Shard
    /// How a connection says it wants to commit; `READ COMMITTED`, of its beginning, has no end there.
    static let commit = "COMMIT\0"

    init(
        _ url: String,
        names: Names = Names(),
        _ change: (inout PoolOptions) -> Void = { _ in }
    ) throws {
        var options = PoolOptions()
        options.size = 1
        options.firstPause = .milliseconds(20)
        options.longestPause = .milliseconds(200)
        change(&options)
        let shard = Shard(index: 901)
        pool = try Pool(url: url, options: options, shard: shard)
        shard.start()
        self.shard = shard
        self.names = names
    }

    /// Lends a bench, and ends it whatever the body does.
    static func use(
        _ url: String,
        names: Names = Names(),
        _ change: (inout PoolOptions) -> Void = { _ in },
        _ body: (WriterBench) async throws -> Void
    ) async throws {
        let bench = try WriterBench(url, names: names, change)
        let result: Result<Void, any Error>
        do { result = .success(try await body(bench)) } catch { result = .failure(error) }
        await bench.pool.close()
        await bench.shard.stop()
        try result.get()
    }

    /// Lends a bench whose connections go through a relay.
    static func relayed(
        _ place: PostgreSQLPlace,
        _ body: (WriterBench, Relay) async throws -> Void
    ) async throws {
        let relay = Relay(to: .loopback(port: try await PostgreSQLServer.shared().port))
        let port = try await relay.start()
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await use(place.url(through: port)) { try await body($0, relay) }
            )
        } catch {
            result = .failure(error)
        }
        await relay.stop()
        try result.get()
    }

    /// Does all in one group, as far as they can share one, and gives the answers in their order.
    func write(_ works: [Job.Work]) async -> [Job.Result] {
        let queue = JobQueue(jobLimit: .max, byteLimit: .max)
        let answers = Answers()
        for (place, work) in works.enumerated() {
            _ = queue.put(Job(work: work, cost: 0, done: { answers.note($0, at: place) }))
        }
        queue.close()
        await Writer(pool: pool, queue: queue, names: names).run()
        return works.indices.compactMap { answers[$0] }
    }

    /// Does all in one group, once, and gives the number of answers; it waits for locks as long as it is told.
    func commit(_ works: [Job.Work], lockLimit: Duration) async throws -> Int {
        let jobs = works.map { Job(work: $0, cost: 0, done: { _ in }) }
        let group = Group(jobs: jobs, names: names, lockLimit: lockLimit)
        return try await pool.withConnection {
            (connection: isolated Connection) async throws(DatabaseError) -> Int? in
            var progress = Group.Progress()
            return try? await group.commit(on: connection, &progress).count
        } ?? 0
    }
}

/// What the callers were told, by the places of their jobs.
private final class Answers: Sendable {
    private let results = Mutex<[Int: Job.Result]>([:])

    subscript(_ place: Int) -> Job.Result? { results.withLock { $0[place] } }

    func note(_ result: Job.Result, at place: Int) {
        results.withLock { $0[place] = result }
    }
}

extension Job.Work {
    /// A write of one operation.
    static func one(_ operation: Operation, of owner: Owner) -> Job.Work {
        .operations([operation], of: owner, at: at(1_000_000))
    }
}

extension Result where Success == Job.Answer, Failure == StorageError {
    var hasSucceeded: Bool {
        if case .success = self { true } else { false }
    }

    var failure: StorageError? {
        if case .failure(let error) = self { error } else { nil }
    }
}
