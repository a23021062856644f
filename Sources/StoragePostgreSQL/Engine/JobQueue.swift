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

        /// Takes so many from the front.
        mutating func remove(_ count: Int) -> [Job] {
            let first = Array(jobs.prefix(count))
            jobs.removeFirst(count)
            cost -= first.reduce(0) { $0 + $1.cost }
            return first
        }
    }

    private let state = Mutex(State())
    private let jobLimit: Int
    private let byteLimit: Int
    /// Jobs of one transaction, so that a long queue does not delay those at its head too much.
    private static let groupLimit = 1_000
    /// What they weigh together, at most: about so many rows; the first is taken whatever it weighs.
    private static let weightLimit = 10_000

    init(jobLimit: Int, byteLimit: Int) {
        self.jobLimit = jobLimit
        self.byteLimit = byteLimit
    }

    /// How many wait, and the bytes that they keep.
    var load: (jobs: Int, cost: Int) { state.withLock { ($0.jobs.count, $0.cost) } }

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
                let jobs = state.remove(Self.countOfGroup(state.jobs))
                return (jobs, state.isClosed)
            }
            if !jobs.isEmpty { return jobs }
            if isClosed { return nil }
            await bell()
        }
    }

    /// How many of the first jobs are a group.
    private static func countOfGroup(_ jobs: [Job]) -> Int {
        var weight = 0
        let tooHeavy = jobs.prefix(groupLimit).firstIndex { job in
            weight += job.work.weight
            return weight > weightLimit
        }
        return tooHeavy.map { max(1, $0) } ?? min(groupLimit, jobs.count)
    }

    /// Takes those that have waited since a moment or longer, from the front; all, when the queue is closed.
    func takeThose(since moment: ContinuousClock.Instant) -> [Job] {
        state.withLock { (state) -> [Job] in
            let isClosed = state.isClosed
            let count = state.jobs.prefix { isClosed || $0.since <= moment }.count
            return state.remove(count)
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
