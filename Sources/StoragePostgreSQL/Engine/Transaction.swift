internal import MartletPostgreSQL

/// How transactions begin and end.
enum Transaction {
    /// How long a group waits for a lock, before those who are in nobody's way go ahead without the others.
    static let lockLimit = Duration.seconds(2)
    /// How long a part of a group does, which has waited already.
    static let partLockLimit = Duration.milliseconds(500)

    /// Begins, and draws the number of the transaction.
    ///
    /// Whatever the role or the database has as its default isolation, each statement sees what was committed
    /// before it, as the locks of owners need. That a server is read-only stays as its operator has set it.
    /// Limits are set here where the session has none: a session of pgbouncer's begins without ours.
    static func begin(lockLimit: Duration = Transaction.lockLimit) -> [Query] {
        let milliseconds = Int(lockLimit / Duration.milliseconds(1))
        return [
            Query("BEGIN ISOLATION LEVEL READ COMMITTED"),
            Query(opening, [.text(String(milliseconds))]),
        ]
    }

    /// The transaction's mark, and its settings: tables are never read from end to end, whatever the planner
    /// believes of their sizes.
    private static let opening = Statement.brief(
        """
        SELECT pg_current_xact_id()::text, \(server), set_config('enable_seqscan', 'off', true),
            set_config('enable_hashjoin', 'off', true),
            set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true),
            set_config('lock_timeout', $1, true),
            CASE current_setting('statement_timeout')
                WHEN '0' THEN set_config('statement_timeout', '15s', true) END,
            CASE current_setting('idle_in_transaction_session_timeout')
                WHEN '0' THEN set_config('idle_in_transaction_session_timeout', '5s', true) END
        """
    )

    /// Which history of which database cluster: a standby that takes over begins a timeline of its own.
    private static let server = """
        left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) || ' '
            || (SELECT system_identifier::text FROM pg_control_system())
        """

    /// What became of a transaction; nothing where another server, or a standby that took over, is asked.
    static func status(of mark: Mark) -> Query {
        Query(statusSQL, [.text(mark.number), .text(mark.server)])
    }

    private static let statusSQL = Statement(
        "SELECT CASE WHEN \(server) = $2 THEN pg_xact_status(($1::text)::xid8) END"
    )

    static let commit = Query("COMMIT")
    static let rollback = Query("ROLLBACK")

    /// What a transaction can be asked for by, when the answer to its commit was lost.
    struct Mark: Sendable {
        var number: String
        /// The server that knows it by this number.
        var server: String
    }

    /// The transaction's mark, from the rows of `begin`.
    static func mark(in rows: [Rows]) -> Mark? {
        guard rows.count > 1, let number = rows[1].text(0, 0), let server = rows[1].text(0, 1)
        else { return nil }
        return Mark(number: number, server: server)
    }

    /// Snapshot of one moment for several reads; its end waits for nothing.
    static let beginReading = Query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    static let endReading = Query(.brief("COMMIT"))
}
