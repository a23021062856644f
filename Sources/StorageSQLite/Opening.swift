internal import Glibc
internal import MartletStorage

/// The steps from a path to a connection that can be used.
struct Opening {
    let path: String
    let options: SQLiteOptions

    /// The connection that writes: makes the file, checks it, and brings its schema up to date.
    func writer() throws(StorageError) -> Database {
        try makeFile()
        let database = try connect()
        try Migrations.check(database)
        if size <= options.checkedBytes { try search(database) }
        try startLog(database)
        let level = options.durability == .full ? "FULL" : "NORMAL"
        try database.runScript("PRAGMA synchronous = \(level)")
        // Until a ``Checkpointer`` does it, the log is moved into the file when it has 32 MB, by the commit
        // that comes to it; after a flood it shrinks to 64 MB.
        try database.runScript("PRAGMA wal_autocheckpoint = \(Checkpointer.usualPages)")
        try database.runScript("PRAGMA journal_size_limit = 67108864")
        try limitSize(of: database)
        try Migrations.run(on: database)
        return database
    }

    /// A connection that only reads, and never waits for the writer.
    func reader() throws(StorageError) -> Database {
        let database = try connect()
        try database.runScript("PRAGMA query_only = ON")
        return database
    }

    /// A connection that moves the log into the file, and keeps nothing of it in memory.
    func mover() throws(StorageError) -> Database { try connect() }

    func check() throws(StorageError) {
        guard access(path, F_OK) == 0 else { throw .unavailable("there is no file \(path)") }
        let database = try connect()
        try Migrations.check(database)
        try search(database)
    }

    private func connect() throws(StorageError) -> Database {
        let database = try Database(path: path, unindexedEntries: options.unindexedEntries)
        database.waitForLocks(milliseconds: options.lockTimeout.milliseconds)
        // secure_delete: what is removed is overwritten where that costs no extra write.
        try database.runScript(
            """
            PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;
            PRAGMA cache_size = -\(options.cachedBytes / 1024); PRAGMA secure_delete = FAST
            """
        )
        return database
    }

    /// A new file is for its owner alone; SQLite gives the log beside it the same mode.
    private func makeFile() throws(StorageError) {
        let descriptor = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            Glibc.close(descriptor)
        } else if errno != EEXIST {
            throw .unavailable("\(path): \(String(cString: strerror(errno)))")
        }
    }

    private var size: Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    private func search(_ database: Database) throws(StorageError) {
        let fault = try database.row("PRAGMA quick_check(1)") { $0.text(0) }
        if let fault, fault != "ok" { throw .corrupt("\(fault); restore a copy of \(path)") }
    }

    /// Switches to the write-ahead log; two processes that do it at once get in each other's way
    /// without SQLite's usual waiting, so that it is tried again here.
    private func startLog(_ database: Database) throws(StorageError) {
        let deadline = ContinuousClock.now + options.lockTimeout
        while true {
            do throws(StorageError) {
                let mode = try database.row("PRAGMA journal_mode = WAL") { $0.text(0) }
                guard mode == "wal" else { throw .unavailable("\(path) cannot have a log") }
                return
            } catch {
                guard case .unavailable = error, ContinuousClock.now < deadline else { throw error }
                usleep(10_000)
            }
        }
    }

    private func limitSize(of database: Database) throws(StorageError) {
        guard let limit = options.byteLimit else { return }
        let page = try database.row("PRAGMA page_size") { $0.integer(0) } ?? 4096
        try database.runScript("PRAGMA max_page_count = \(max(1, limit / max(1, page)))")
    }
}

extension Duration {
    fileprivate var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}
