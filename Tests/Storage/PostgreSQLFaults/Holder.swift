import MartletNet
import MartletPostgreSQL
import Testing

/// A session of the test's own in a store's schema, which holds locks as long as it is told to.
struct Holder {
    private let shard: Shard
    private let pool: Pool
    private let connection: Connection

    /// Takes locks by statements of one transaction, which stays open.
    init(_ url: String, _ statements: String...) async throws {
        var options = PoolOptions()
        options.size = 1
        options.statementTimeout = .zero
        options.idleTransactionTimeout = .zero
        shard = Shard(index: 902)
        pool = try Pool(url: url, options: options, shard: shard)
        shard.start()
        connection = try await pool.lease()
        _ = try await connection.round((["BEGIN"] + statements).map { Query(.once($0)) })
    }

    /// Does more in the transaction, and gives the rows of it.
    func ask(_ statement: String) async throws -> Rows {
        try #require(try await connection.round([Query(.once(statement))]).first)
    }

    /// Returns when somebody waits for the transaction's end.
    func waitUntilWanted() async throws {
        let waiting = """
            SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'
            AND transactionid = pg_current_xact_id()::xid
            """
        while try await ask(waiting).integer(0, 0) == 0 { await Task.yield() }
    }

    /// Lets all locks go, and ends the session.
    func letGo() async throws {
        _ = try await connection.round([Query(.once("ROLLBACK"))])
        await pool.giveBack(connection)
        await pool.close()
        await shard.stop()
    }
}
