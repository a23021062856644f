internal import MartletStorage
internal import Synchronization

/// Moves the write-ahead log into the file, on a thread of its own, so that no commit waits for it.
///
/// The log begins anew only when all of it was moved, and who writes goes on meanwhile. So a pass moves the
/// most of it beside the writer, and the writer itself the little that has come since.
final class Checkpointer: Sendable {
    /// Pages of the log at which it is moved: 32 MB.
    static let usualPages = 8_000

    private enum State {
        case resting
        case passing
        case passed
    }

    private struct Progress {
        var state = State.resting
        /// When the next pass begins: later where a reader has the log go on for now.
        var nextPages: Int
    }

    private let worker: Worker
    private let pages: Int
    private let progress: Mutex<Progress>

    /// - Throws: `.unavailable` when the system has no thread for it.
    init(
        on database: Database,
        _ options: SQLiteOptions,
        pages: Int = usualPages
    ) throws(StorageError) {
        self.pages = pages
        progress = Mutex(Progress(nextPages: pages))
        worker = Worker(options, wakeUp: { $0() })
        try worker.start(on: database) { database, jobs in
            for job in jobs { job.finish(job.run(on: database)) }
            return false
        }
    }

    /// To be called by who writes, between two transactions, with its connection.
    func noteCommit(on database: Database) {
        let size = database.logPages
        let next = progress.withLock { (progress) -> State in step(at: size, &progress) }
        switch next {
        case .resting: break
        case .passing:
            worker.call(cost: 0, Self.move) { [weak self] _ in
                self?.progress.withLock { $0.state = .passed }
            }
        case .passed:
            // What fails is tried again with the next pass.
            try? Self.move(database)
        }
    }

    /// What the writer is to do: nothing, have a pass begin, or do what is left of one.
    private func step(at size: Int, _ progress: inout Progress) -> State {
        switch progress.state {
        case .resting:
            if size < pages { progress.nextPages = pages }
            guard size >= progress.nextPages else { return .resting }
            progress.state = .passing
            return .passing
        case .passing: return .resting
        case .passed:
            progress.state = .resting
            progress.nextPages = size + pages / 8
            // While nobody wrote all of it was moved, and it has begun anew since.
            return size < pages ? .resting : .passed
        }
    }

    private static let move: Call<Void>.Body = { (database) throws(StorageError) in
        try database.run("PRAGMA wal_checkpoint(PASSIVE)")
    }

    func stop() { worker.stop() }

    func stopped() async { await worker.stopped() }
}
