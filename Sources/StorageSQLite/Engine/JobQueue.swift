internal import Glibc
internal import MartletStorage
internal import Synchronization

/// Calls what it is given, which wakes a worker: now, or when the calling thread is done with what else
/// it has for the worker.
public typealias WakeUp = @Sendable (_ ring: @escaping @Sendable () -> Void) -> Void

/// Where calls wait for their worker: any thread puts, one thread takes all that is there.
final class JobQueue: Sendable {
    private struct State {
        var jobs: [Job] = []
        var cost = 0
        var isClosed = false
        var isWorkerAsleep = false
    }

    private let state = Mutex(State())
    private let bell = Bell()
    private let jobLimit: Int
    private let byteLimit: Int
    /// Wakes the worker, at once or a little later.
    private let wakeUp: WakeUp

    init(jobLimit: Int, byteLimit: Int, wakeUp: @escaping WakeUp = { $0() }) {
        self.wakeUp = wakeUp
        self.jobLimit = jobLimit
        self.byteLimit = byteLimit
    }

    /// Whether somebody has to wake the worker for the next job.
    var isWorkerAsleep: Bool { state.withLock { $0.isWorkerAsleep } }

    /// Queues a job, or says why it cannot.
    func put(_ job: Job) -> StorageError? {
        let (failure, wakes) = state.withLock { (state) -> (StorageError?, Bool) in
            if state.isClosed { return (.unavailable("it is closed"), false) }
            // A job that is alone is taken whatever it costs, or it would never be.
            if state.jobs.count >= jobLimit || (state.cost > 0 && state.cost + job.cost > byteLimit)
            {
                return (.unavailable("its queue is full"), false)
            }
            state.jobs.append(job)
            state.cost += job.cost
            return (nil, wake(&state))
        }
        if wakes { wakeUp { [bell] in bell.ring() } }
        return failure
    }

    /// Refuses what comes from now on.
    func close() {
        let wakes = state.withLock { (state) -> Bool in
            state.isClosed = true
            return wake(&state)
        }
        if wakes { bell.ring() }
    }

    private func wake(_ state: inout State) -> Bool {
        defer { state.isWorkerAsleep = false }
        return state.isWorkerAsleep
    }

    /// All that is queued: waits until there is something, unless there is other work (`isIdle`
    /// false), and gives nil when the queue is closed and empty.
    func take(waits: Bool) -> [Job]? {
        while true {
            let (jobs, isClosed) = state.withLock { (state) -> ([Job], Bool) in
                let jobs = state.jobs
                state.jobs = []
                state.cost = 0
                state.isWorkerAsleep = jobs.isEmpty && !state.isClosed && waits
                return (jobs, state.isClosed)
            }
            if !jobs.isEmpty { return jobs }
            if isClosed { return nil }
            if !waits { return [] }
            bell.wait()
        }
    }
}

/// A semaphore: wakes one thread, also when it rings before the thread waits.
///
/// Unchecked, because POSIX lets any thread call `sem_post` and `sem_wait` on the one address.
private final class Bell: @unchecked Sendable {
    private let semaphore: UnsafeMutablePointer<sem_t>

    init() {
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func ring() { sem_post(semaphore) }

    func wait() { while sem_wait(semaphore) != 0 && errno == EINTR {} }
}
