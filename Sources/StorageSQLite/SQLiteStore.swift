public import MartletStorage

/// The embedded store: one file, with SQLite's write-ahead log beside it.
///
/// It has three threads, each with a connection of its own: one writes, and commits together what has
/// come in while it was busy; one reads, so that no reader waits for the disk; one moves the log into the
/// file, so that no commit waits for that. None is ever a shard's. A second process may open the same file.
public final class SQLiteStore: Store {
    let writer: Worker
    let reader: Worker
    private let checkpointer: Checkpointer
    let now: @Sendable () -> Timestamp

    /// Opens the database, makes it when there is none, and takes the migrations that are missing.
    ///
    /// Blocks its caller: for milliseconds as a rule, longer for a migration or a recovery.
    ///
    /// - Parameters:
    ///   - path: the file; its folder must exist.
    ///   - options: how it is run.
    ///   - now: the clock that documents expire by.
    ///   - wakeUp: how a thread that calls wakes one of the store's: at once unless told otherwise. Who
    ///     has more calls coming does it after them, so that they are one group.
    /// - Throws: `.corrupt`, `.incompatible` or `.unavailable` with a sentence for the operator; then
    ///   the file is as it was.
    public init(
        path: String,
        options: SQLiteOptions = SQLiteOptions(),
        now: @escaping @Sendable () -> Timestamp = { .now() },
        wakeUp: @escaping WakeUp = { $0() }
    ) throws(StorageError) {
        self.now = now
        let forWriter = try Opening(path: path, options: options).writer()
        let forReader = try Opening(path: path, options: options).reader()
        let forLog = try Opening(path: path, options: options).mover()
        checkpointer = try Checkpointer(on: forLog, options)
        forWriter.countLog()
        writer = Worker(options, wakeUp: wakeUp)
        reader = Worker(options, wakeUp: wakeUp)
        try writer.start(on: forWriter) { [checkpointer] database, jobs in
            if jobs.isEmpty { Self.tidyUp(database) }
            GroupCommit.commit(jobs, on: database)
            if jobs.isEmpty { database.keepTailShort() }
            checkpointer.noteCommit(on: database)
            return database.hasRemovedOwners || database.indexRound != nil
        } end: { database in
            if database.tail.count > 0 { try? database.indexAll() }
        }
        try reader.start(on: forReader) { database, jobs in
            Self.read(jobs, on: database)
            return false
        }
    }

    deinit {
        writer.stop()
        reader.stop()
        checkpointer.stop()
    }

    /// Does what is queued, and then moves the write-ahead log into the database file.
    public func close() async {
        await reader.stopped()
        await checkpointer.stopped()
        await writer.stopped()
    }

    /// Searches a database for damage: about a second for each gigabyte, longer from a cold disk.
    ///
    /// - Throws: `.corrupt` with the first fault.
    public static func check(path: String) throws(StorageError) {
        try Opening(path: path, options: SQLiteOptions()).check()
    }

    /// One moment for the whole group; each job has its own answer, and no two share a failure.
    private static func read(_ jobs: [Job], on database: Database) {
        var failure: StorageError?
        do {
            try database.snapshot { for job in jobs { _ = job.run(on: database) } }
        } catch {
            failure = error
        }
        for job in jobs { job.finish(failure) }
    }

    /// Frees a little of the space of removed owners.
    private static func tidyUp(_ database: Database) {
        guard database.hasRemovedOwners else { return }
        let isMore = try? database.transaction { () throws(StorageError) in
            try database.purgeRemovedOwners()
        }
        // What failed is tried again after the next removal, or the next start.
        database.hasRemovedOwners = isMore ?? false
    }
}
