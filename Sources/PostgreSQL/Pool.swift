public import MartletNet
import Synchronization

/// A few connections to one database, lent in the order in which they are asked for.
///
/// It connects when it has to, and again by itself when connections end, with pauses that grow.
public final class Pool: Sendable {
    private let core: PoolCore

    /// Reads the URL and connects to nothing yet; `log` is called on the shard.
    ///
    /// - Throws: `refused` for a URL that is none.
    public init(
        url: String,
        options: PoolOptions = PoolOptions(),
        shard: Shard,
        log: @escaping @Sendable (PoolEvent) -> Void = { _ in }
    ) throws(DatabaseError) {
        let target = try Target(url, options: options)
        core = PoolCore(target, options: options, shard: shard, log: log)
    }

    /// A snapshot, from any thread.
    public var metrics: PoolMetrics { core.metrics.withLock(\.self) }

    /// Makes a first connection, for a server that starts: what is wrong is best said then.
    ///
    /// - Throws: what the attempt gave; it is not repeated. Later calls still are.
    public func connect() async throws(DatabaseError) {
        try await core.connectNow()
    }

    /// Lends a connection to `body` alone, and takes it back when that ends.
    ///
    /// A transaction that is left open then is rolled back.
    ///
    /// - Throws: `unavailable` after `waitTimeout`, `busy` when too many wait, and what `body` throws.
    public func withConnection<Value: Sendable>(
        _ body: @Sendable (isolated Connection) async throws(DatabaseError) -> Value
    ) async throws(DatabaseError) -> Value {
        let connection = try await lease()
        let result: Result<Value, DatabaseError>
        do {
            result = .success(try await body(connection))
        } catch {
            result = .failure(error)
        }
        await giveBack(connection)
        return try result.get()
    }

    /// One round on a connection of its own.
    public func round(
        _ queries: [Query],
        within limit: Duration? = nil
    ) async throws(DatabaseError) -> [Rows] {
        let connection = try await lease()
        let result: Result<[Rows], DatabaseError>
        do {
            result = .success(try await connection.round(queries, within: limit))
        } catch {
            result = .failure(error)
        }
        await giveBack(connection)
        return try result.get()
    }

    /// A connection for the caller alone, who gives it back.
    public func lease() async throws(DatabaseError) -> Connection {
        try await core.lease()
    }

    public func giveBack(_ connection: Connection) async {
        await core.takeBack(connection)
    }

    /// Turns away who waits, waits for what is lent for at most `limit`, and ends all connections.
    public func close(within limit: Duration = .seconds(10)) async {
        await core.close(within: limit)
    }
}
