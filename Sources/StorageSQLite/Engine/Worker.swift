internal import Glibc
internal import MartletStorage
internal import Synchronization

/// A thread of its own with a connection of its own: SQLite blocks, and no shard may.
final class Worker: Sendable {
    private let queue: JobQueue
    private let isEnded = Mutex<(Bool, [CheckedContinuation<Void, Never>])>((false, []))

    init(_ options: SQLiteOptions, wakeUp: @escaping WakeUp) {
        queue = JobQueue(
            jobLimit: options.queuedCalls,
            byteLimit: options.queuedBytes,
            wakeUp: wakeUp
        )
    }

    /// Starts the thread, once.
    ///
    /// - Parameters:
    ///   - database: its connection, which it closes in the end.
    ///   - turn: does a group of jobs and tells each caller; an empty group is a time to tidy up.
    ///     Says whether there may be something to tidy up.
    ///   - end: what is to be done before it closes the connection.
    /// - Throws: `.unavailable` when the system has no thread for it.
    func start(
        on database: Database,
        turn: @escaping @Sendable (Database, [Job]) -> Bool,
        end: @escaping @Sendable (Database) -> Void = { _ in }
    ) throws(StorageError) {
        try startThread {
            var isTidy = false
            while let jobs = self.queue.take(waits: isTidy) {
                isTidy = !turn(database, jobs)
            }
            end(database)
            database.close()
            self.end()
        }
    }

    /// Runs the body on the worker's thread, with the group that it comes to be in.
    func call<Output: Sendable>(
        cost: Int = 0,
        _ body: @escaping Call<Output>.Body
    ) async throws(StorageError) -> Output {
        let result = await withCheckedContinuation { continuation in
            let call = Call(cost: cost, body) { continuation.resume(returning: $0) }
            if let refusal = queue.put(call) { call.finish(refusal) }
        }
        return try result.get()
    }

    /// The same for who does not wait: `done` is called on the worker's thread, and never within this call.
    func call<Output: Sendable>(
        cost: Int,
        _ body: @escaping Call<Output>.Body,
        then done: @escaping Call<Output>.Done
    ) {
        let call = Call(cost: cost, body, then: done)
        if let refusal = queue.put(call) { Self.later { done(.failure(refusal)) } }
    }

    /// Tells somebody of what was known at once.
    static func later(_ tell: @escaping @Sendable () -> Void) { Task { tell() } }

    /// Ends the thread after what is queued; returns at once.
    func stop() { queue.close() }

    /// Ends the thread after what is queued, and waits for it.
    func stopped() async {
        queue.close()
        await withCheckedContinuation { continuation in
            let hasEnded = isEnded.withLock { (state) -> Bool in
                if !state.0 { state.1.append(continuation) }
                return state.0
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func end() {
        let waiting = isEnded.withLock { (state) -> [CheckedContinuation<Void, Never>] in
            defer { state = (true, []) }
            return state.1
        }
        for continuation in waiting { continuation.resume() }
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}

/// Starts a thread that ends by itself and takes no signal of the process.
private func startThread(_ run: @escaping @Sendable () -> Void) throws(StorageError) {
    let body = Unmanaged.passRetained(ThreadBody(run))
    var thread = pthread_t()
    // A thread begins with the mask of its maker, which gets its own back at once.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &before)
    let code = pthread_create(
        &thread,
        nil,
        { context in
            guard let context else { return nil }
            Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
            return nil
        },
        body.toOpaque()
    )
    pthread_sigmask(SIG_SETMASK, &before, nil)
    guard code == 0 else {
        body.release()
        throw .unavailable("no thread for the database: error \(code)")
    }
    pthread_detach(thread)
}
