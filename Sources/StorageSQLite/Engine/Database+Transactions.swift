internal import MartletStorage

extension Database {
    /// Does all of the body or nothing, and returns when it is on the disk.
    ///
    /// The lock is taken at once (`IMMEDIATE`): a transaction that reads before it writes could
    /// otherwise be refused half-way, when another process wrote in between.
    func transaction<T>(_ body: () throws(StorageError) -> T) throws(StorageError) -> T {
        try run("BEGIN IMMEDIATE")
        do {
            try noticeOthers()
            isWriting = true
            let result = try body()
            try sequence.store(in: self)
            try run("COMMIT")
            isWriting = false
            sequence.reset()
            tail.keep()
            return result
        } catch {
            rollBack()
            throw error
        }
    }

    /// Forgets what another connection may have changed since the last transaction.
    private func noticeOthers() throws(StorageError) {
        let version = try row("PRAGMA data_version") { $0.integer(0) }
        guard version != dataVersion else { return }
        dataVersion = version
        known.forgetAll()
        tail.isStale = true
    }

    /// Does all of the body, or undoes it and leaves the transaction around it as it was.
    func step<T>(_ body: () throws(StorageError) -> T) throws(StorageError) -> T {
        let mark = tail.mark
        try run("SAVEPOINT step")
        do {
            let result = try body()
            try run("RELEASE step")
            return result
        } catch {
            forget(to: mark)
            // When SQLite has undone everything already (a full disk), this fails, and so does COMMIT.
            try? run("ROLLBACK TO step")
            try? run("RELEASE step")
            throw error
        }
    }

    /// Lets several reads see the same moment.
    func snapshot(_ body: () -> Void) throws(StorageError) {
        try run("BEGIN")
        body()
        if isInTransaction { try run("COMMIT") }
    }

    /// What was learnt in what is undone was never true.
    private func forget(to mark: Int) {
        names.removeAll()
        known.forgetAll()
        tail.undo(to: mark)
    }

    private func rollBack() {
        isWriting = false
        forget(to: 0)
        sequence.reset()
        // SQLite may have done it by itself; then there is nothing left to undo.
        if isInTransaction { try? run("ROLLBACK") }
    }
}
