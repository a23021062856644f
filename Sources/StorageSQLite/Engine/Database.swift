internal import CSQLite
internal import MartletStorage

/// One connection to the database, with its prepared statements.
///
/// Unchecked, because one thread at a time has it: who opens it, and then the one ``Worker`` that it
/// is given to.
final class Database: @unchecked Sendable {
    private var handle: OpaquePointer?
    private var statements: [String: Statement] = [:]
    private var inserts: [Statement?] = [nil, nil, nil]
    /// The bound on `statements`: the fixed ones are some fifty, the shapes of queries add to them.
    private static let statementCount = 200

    let names = NameCache()
    var sequence = NumberSequence()
    let tail: Tail
    let known = KnownLogs()
    var indexRound: IndexRound?
    /// Whether the tail could not be written to the indexes when it was to be.
    var hasIndexingFailed = false
    /// Whether a transaction that may write is under way: what is known stays true until its end.
    var isWriting = false
    /// What SQLite gives for the state that other connections have left the database in.
    var dataVersion: Int64?
    /// Pages of the write-ahead log after the last commit; counted once ``countLog()`` was called.
    private(set) var logPages = 0
    /// Whether there may be rows of removed owners; at first nobody knows.
    var hasRemovedOwners = true

    init(path: String, unindexedEntries: Int = 16_384) throws(StorageError) {
        tail = Tail(limit: unindexedEntries)
        _ = Self.isConfigured
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard code == SQLITE_OK else {
            let error = StorageError(code, on: handle)
            close()
            throw error
        }
    }

    /// SQLite need not count its memory, which takes a lock at each allocation.
    private static let isConfigured = martlet_sqlite_configure() == SQLITE_OK

    deinit { close() }

    /// Ends the connection; the last one to a database moves its log into the file.
    func close() {
        statements = [:]
        inserts = [nil, nil, nil]
        sqlite3_close_v2(handle)
        handle = nil
    }

    func waitForLocks(milliseconds: Int32) { sqlite3_busy_timeout(handle, milliseconds) }

    /// Counts the pages of the log from now on, and leaves it to others to move it into the file.
    func countLog() {
        let count:
            @convention(c) (
                UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, Int32
            ) -> Int32 = { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<Database>.fromOpaque(context).takeUnretainedValue().logPages = Int(pages)
                return SQLITE_OK
            }
        // The connection calls it while it is open, and is closed with this at the latest.
        sqlite3_wal_hook(handle, count, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Rows that the last statement inserted, changed or removed.
    var changes: Int { Int(sqlite3_changes64(handle)) }

    /// What ``changes`` would have counted, summed over the connection's life.
    var totalChanges: Int64 { sqlite3_total_changes64(handle) }

    /// The key that the last insert into a table with integer keys gave its row.
    var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }
}

extension Database {
    /// Runs a statement whose rows, if any, do not matter.
    func run(_ sql: String, _ values: Value...) throws(StorageError) {
        let statement = try prepared(sql)
        defer { statement.reset() }
        try statement.bind(values)
        while try statement.step() {}
    }

    /// The first row of a query, or nil.
    func row<T>(
        _ sql: String,
        _ values: Value...,
        read: (Row) throws(StorageError) -> T
    ) throws(StorageError) -> T? {
        let statement = try prepared(sql)
        defer { statement.reset() }
        try statement.bind(values)
        return try statement.step() ? try read(statement.row) : nil
    }

    /// All rows of a query.
    func rows<T>(
        _ sql: String,
        _ values: [Value],
        read: (Row) throws(StorageError) -> T
    ) throws(StorageError) -> [T] {
        let statement = try prepared(sql)
        defer { statement.reset() }
        try statement.bind(values)
        var rows: [T] = []
        while try statement.step() { rows.append(try read(statement.row)) }
        return rows
    }

    /// Runs several statements, none of which has a `?`.
    func runScript(_ script: String) throws(StorageError) {
        let code = sqlite3_exec(handle, script, nil, nil, nil)
        guard code == SQLITE_OK else { throw StorageError(code, on: handle) }
    }

    /// A statement that an append runs: to look for it by its text would cost as much as to run it.
    func insert(_ insert: Insert) throws(StorageError) -> Statement {
        if let statement = inserts[insert.rawValue] { return statement }
        guard let handle else { throw .unavailable("it is closed") }
        let statement = try Statement(insert.sql, on: handle)
        inserts[insert.rawValue] = statement
        return statement
    }

    private func prepared(_ sql: String) throws(StorageError) -> Statement {
        if let statement = statements[sql] { return statement }
        guard let handle else { throw .unavailable("it is closed") }
        if statements.count >= Self.statementCount { statements = [:] }
        let statement = try Statement(sql, on: handle)
        statements[sql] = statement
        return statement
    }
}

/// What an entry of a log is written with; integers come first.
enum Insert: Int {
    case entry
    case place
    case text

    fileprivate var sql: String {
        switch self {
        case .entry:
            "INSERT INTO entry (row, log, id, time, columns, content) VALUES (?, ?, ?, ?, ?, ?)"
        case .place: "INSERT INTO entry_place (log, id, row) VALUES (?, ?, ?)"
        case .text:
            "INSERT INTO entry_text (log, name, id, row, text) VALUES (?, ?, ?, ?, ?)"
        }
    }
}
