internal import MartletStorage
internal import Synchronization

/// Where writes wait for their group: any task puts, one takes.
final class JobQueue: Sendable {
    private struct State {
        var jobs: [Job] = []
        var cost = 0
        var isClosed = false
        /// Who takes, while there is nothing to take.
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let jobLimit: Int
    private let byteLimit: Int
    /// Jobs of one transaction, so that a long queue does not delay those at its head too much.
    private static let groupLimit = 1_000

    init(jobLimit: Int, byteLimit: Int) {
        self.jobLimit = jobLimit
        self.byteLimit = byteLimit
    }

    /// Queues a job, or says why it cannot.
    func put(_ job: Job) -> StorageError? {
        let (failure, waiting) = state.withLock {
            (state) -> (StorageError?, CheckedContinuation<Void, Never>?) in
            if state.isClosed { return (.unavailable("it is closed"), nil) }
            // A job that is alone is taken whatever it costs, or it would never be.
            if state.jobs.count >= jobLimit || (state.cost > 0 && state.cost + job.cost > byteLimit)
            {
                return (.unavailable("its queue is full"), nil)
            }
            state.jobs.append(job)
            state.cost += job.cost
            return (nil, state.waiting.take())
        }
        waiting?.resume()
        return failure
    }

    /// Refuses what comes from now on.
    func close() {
        let waiting = state.withLock { (state) -> CheckedContinuation<Void, Never>? in
            state.isClosed = true
            return state.waiting.take()
        }
        waiting?.resume()
    }

    /// Waits until something is queued, and takes a group of it; nil when the queue is closed and empty.
    func take() async -> [Job]? {
        while true {
            let (jobs, isClosed) = state.withLock { (state) -> ([Job], Bool) in
                let jobs = Array(state.jobs.prefix(Self.groupLimit))
                state.jobs.removeFirst(jobs.count)
                state.cost -= jobs.reduce(0) { $0 + $1.cost }
                return (jobs, state.isClosed)
            }
            if !jobs.isEmpty { return jobs }
            if isClosed { return nil }
            await bell()
        }
    }

    /// Takes those that have waited since a moment or longer, from the front; all, when the queue is closed.
    func takeThose(since moment: ContinuousClock.Instant) -> [Job] {
        state.withLock { state in
            let jobs = Array(state.jobs.prefix { state.isClosed || $0.since <= moment })
            state.jobs.removeFirst(jobs.count)
            state.cost -= jobs.reduce(0) { $0 + $1.cost }
            return jobs
        }
    }

    private func bell() async {
        await withCheckedContinuation { continuation in
            let isAwake = state.withLock { (state) -> Bool in
                guard state.jobs.isEmpty, !state.isClosed else { return true }
                state.waiting = continuation
                return false
            }
            if isAwake { continuation.resume() }
        }
    }
}
