internal import Synchronization

/// Counts what became of the calls that write.
final class WriteTally: Sendable {
    struct Figures: Equatable, Sendable {
        /// Calls that were answered from a transaction that was committed, refused ones among them.
        var done = 0
        /// Calls whose group came to nothing, or that found the queue full.
        var failed = 0
        var commits = 0
    }

    private let state = Mutex(Figures())

    var figures: Figures { state.withLock { $0 } }

    func noteCommit(of count: Int) {
        state.withLock { figures in
            figures.done += count
            figures.commits += 1
        }
    }

    func noteFailure(of count: Int) { state.withLock { $0.failed += count } }
}
