internal import MartletNet
internal import MartletPostgreSQL
public import MartletStorage

/// The store in a PostgreSQL server: all domains in one schema, which several nodes may share.
///
/// Writes go through one task, which commits together what has come in while it waited for the disk;
/// reads share the other connections. All connections are on an event loop of the store's own,
/// and no thread ever waits for the database.
public final class PostgreSQLStore: Store {
    let pools: Pools
    let names: Names
    let queue: JobQueue
    let gate = Gate()
    let readFailures: FailureLog
    let tally = WriteTally()
    let reads: ReadQueue
    let now: @Sendable () -> Timestamp
    private let shard: Shard
    /// `close()` waits for it.
    private let writing: Task<Void, Never>
    private let purging: Purging

    /// Connects to a database, and takes the migrations that are missing.
    ///
    /// - Parameters:
    ///   - url: a connection URI of libpq's (PostgreSQL documentation, §34.1.1.2); what it leaves out comes
    ///     from the environment and the service file.
    ///   - options: how it is used.
    ///   - log: told of what an operator should know, without secrets.
    ///   - now: the clock that documents expire by.
    /// - Returns: a store that is ready.
    /// - Throws: `.unavailable` when the database stays away for the time that the options give, or refuses
    ///   us; `.incompatible` when its schema is another's.
    public static func open(
        url: String,
        options: PostgreSQLOptions = PostgreSQLOptions(),
        log: @escaping @Sendable (String) -> Void = { _ in },
        now: @escaping @Sendable () -> Timestamp = { .now() }
    ) async throws(StorageError) -> PostgreSQLStore {
        let shard = Shard(index: 900)
        shard.start()
        do throws(StorageError) {
            let names = Names()
            let opening = Opening(url: url, options: options, names: names, log: log)
            let pools = try await opening.pools(on: shard)
            return PostgreSQLStore(pools, names, shard, options, log, now)
        } catch {
            await shard.stop()
            throw error
        }
    }

    private init(
        _ pools: Pools,
        _ names: Names,
        _ shard: Shard,
        _ options: PostgreSQLOptions,
        _ log: @escaping @Sendable (String) -> Void,
        _ now: @escaping @Sendable () -> Timestamp
    ) {
        self.pools = pools
        self.names = names
        self.shard = shard
        self.now = now
        readFailures = FailureLog("reading", log: log)
        reads = ReadQueue(pools, names, readFailures, options)
        queue = JobQueue(jobLimit: options.queuedCalls, byteLimit: options.queuedBytes)
        let writer = Writer(
            pool: pools.writing,
            queue: queue,
            names: names,
            waitTimeout: options.waitTimeout,
            failures: FailureLog("writing", log: log),
            tally: tally
        )
        writing = Task { await writer.run() }
        purging = Purging(pools.reading)
        purging.begin()
    }

    public func close() async {
        queue.close()
        await writing.value
        await gate.close()
        await purging.end()
        await pools.close()
        await shard.stop()
    }

    /// Says that there may be rows of removed owners.
    func noteRemoval() { purging.begin() }
}
