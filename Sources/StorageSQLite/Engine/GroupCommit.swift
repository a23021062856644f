internal import MartletStorage

/// What the writing worker does in a turn.
///
/// All jobs that were queued while the last group was under way are one transaction, so that the more
/// there is to write, the more writes share one `fsync`. What fails in one is undone without the others
/// noticing: mostly it has changed nothing yet; if it has, all are done again, each in a savepoint of its own,
/// which would cost each write more than it does itself.
enum GroupCommit {
    /// Jobs of one transaction, so that a long queue does not delay those at its head too much.
    private static let groupLimit = 1_000

    static func commit(_ jobs: [Job], on database: Database) {
        var rest = jobs[...]
        while !rest.isEmpty {
            let group = rest.prefix(groupLimit)
            rest = rest.dropFirst(groupLimit)
            if let failure = attempt(group, on: database) {
                recover(group, from: failure, on: database)
            } else {
                for job in group { job.finish() }
            }
            database.keepTailShort()
        }
    }

    /// When the disk was too full for the group, each job is tried alone: the one that removes
    /// something still succeeds, and the one that is too large fails alone.
    private static func recover(
        _ group: ArraySlice<Job>,
        from failure: StorageError,
        on database: Database
    ) {
        guard failure == .full else {
            for job in group { job.finish(failure) }
            return
        }
        // What moves from the log into the file makes room in the log.
        try? database.run("PRAGMA wal_checkpoint(PASSIVE)")
        for job in group { job.finish(attempt([job], on: database)) }
    }

    /// The reason why nothing of the group was kept, or nil.
    private static func attempt(_ group: ArraySlice<Job>, on database: Database) -> StorageError? {
        var leavesHalf = false
        do {
            try database.transaction { () throws(StorageError) in
                for job in group {
                    let before = database.totalChanges
                    guard let failure = job.run(on: database) else { continue }
                    leavesHalf = database.isInTransaction && database.totalChanges != before
                    guard !leavesHalf, database.isInTransaction else { throw failure }
                }
            }
            return nil
        } catch {
            return leavesHalf ? attemptInSteps(group, on: database) : error
        }
    }

    private static func attemptInSteps(
        _ group: ArraySlice<Job>,
        on database: Database
    ) -> StorageError? {
        do {
            try database.transaction { () throws(StorageError) in
                for job in group { try runAsStep(job, on: database) }
            }
            return nil
        } catch {
            return error
        }
    }

    /// Throws when the failure of the job has undone the whole transaction.
    private static func runAsStep(_ job: Job, on database: Database) throws(StorageError) {
        do {
            try database.step { () throws(StorageError) in
                if let failure = job.run(on: database) { throw failure }
            }
        } catch {
            guard database.isInTransaction else { throw error }
        }
    }
}
