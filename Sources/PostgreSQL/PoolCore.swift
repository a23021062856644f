import MartletNet
import Synchronization

/// The state of a pool, on the shard of its connections.
actor PoolCore: ShardHomed {
    struct Waiter {
        let number: Int
        let timer: TimerID
        let continuation: CheckedContinuation<Result<Connection, DatabaseError>, Never>
    }

    nonisolated let shard: Shard
    nonisolated let metrics = Mutex(PoolMetrics())
    let target: Target
    let options: PoolOptions
    let log: @Sendable (PoolEvent) -> Void

    /// Last used first, so that what is not needed stays unused.
    var idle: [Connection] = []
    /// All that are open, with the moment when they were made.
    var open: [ObjectIdentifier: (connection: Connection, since: ShardInstant)] = [:]
    var lent: Set<ObjectIdentifier> = []
    var waiting = Fifo<Waiter>()
    private var lastNumber = 0

    var connecting = 0
    /// Attempts that failed in a row; connections that did not live for a second count too.
    var failures = 0
    var shortLives = 0
    var pause: TimerID?
    var awaySince: ShardInstant?
    var hasToldOfLoss = false
    var lastError = "no attempt was made"

    var isClosed = false
    /// Hears of the shard's end, after which no timer fires.
    private var watch: DescriptorWatch?
    var closing: [CheckedContinuation<Void, Never>] = []

    init(
        _ target: Target,
        options: PoolOptions,
        shard: Shard,
        log: @escaping @Sendable (PoolEvent) -> Void
    ) {
        self.target = target
        self.options = options
        self.shard = shard
        self.log = log
    }

    func note(_ change: (inout PoolMetrics) -> Void) {
        metrics.withLock { metrics in
            change(&metrics)
            metrics.open = open.count
            metrics.busy = lent.count
            metrics.waiting = waiting.count
            metrics.isAway = awaySince != nil
        }
    }

    // MARK: Lending

    func lease() async throws(DatabaseError) -> Connection {
        listen()
        guard !isClosed else { throw .unavailable("it was closed") }
        if waiting.isEmpty, let connection = idle.popLast() {
            lent.insert(ObjectIdentifier(connection))
            note { _ in }
            return connection
        }
        guard waiting.count < options.queueBound else {
            note { $0.turnedAway += 1 }
            throw .busy("\(waiting.count) wait for a connection")
        }
        let result = await withCheckedContinuation { wait($0) }
        return try result.get()
    }

    private func wait(
        _ continuation: CheckedContinuation<Result<Connection, DatabaseError>, Never>
    ) {
        lastNumber += 1
        let number = lastNumber
        let timer = shard.schedule(after: options.waitTimeout) { [self] in turnAway(number) }
        waiting.append(Waiter(number: number, timer: timer, continuation: continuation))
        note { _ in }
        grow()
    }

    private func turnAway(_ number: Int) {
        guard let waiter = waiting.removeFirst(where: { $0.number == number }) else { return }
        note { $0.turnedAway += 1 }
        let reason =
            open.isEmpty ? lastError : "none of \(open.count) connections became free"
        waiter.continuation.resume(returning: .failure(.unavailable(reason)))
    }

    /// A lent connection returns, perhaps ended, perhaps in the middle of something.
    func takeBack(_ connection: Connection) {
        let name = ObjectIdentifier(connection)
        guard lent.contains(name), open[name] != nil else { return forget(name) }
        let (isClean, isReadOnly) = connection.assumeIsolated { ($0.isIdle, $0.isReadOnly) }
        if isClean, isReadOnly {
            // It connects again, where writes are taken if there are several hosts.
            connection.assumeIsolated { $0.end("the server takes no writes") }
        } else if isClean {
            lent.remove(name)
            hasToldOfLoss = false
            hand(connection)
        } else {
            // It waits for its own rounds, and comes again.
            connection.rollBack { self.assumeIsolated { $0.takeBack(connection) } }
        }
    }

    private func forget(_ name: ObjectIdentifier) {
        lent.remove(name)
        note { _ in }
        finishClosing()
    }

    /// Gives a connection that is free to who has waited longest.
    func hand(_ connection: Connection) {
        guard !isClosed else {
            connection.assumeIsolated { $0.close() }
            return finishClosing()
        }
        guard let waiter = waiting.popFirst() else {
            idle.append(connection)
            return note { _ in }
        }
        shard.cancel(waiter.timer)
        lent.insert(ObjectIdentifier(connection))
        note { _ in }
        waiter.continuation.resume(returning: .success(connection))
    }

    // MARK: Ending

    func close(within limit: Duration) async {
        turnAllAway("it was closed")
        closeIdle()
        guard !lent.isEmpty || connecting > 0 else { return }
        await withCheckedContinuation { continuation in
            closing.append(continuation)
            _ = shard.schedule(after: limit) { [self] in cut() }
        }
    }

    private func closeIdle() {
        for connection in idle { connection.assumeIsolated { $0.close() } }
    }

    private func turnAllAway(_ reason: String) {
        isClosed = true
        watch?.cancel()
        watch = nil
        if let pause { shard.cancel(pause) }
        pause = nil
        for waiter in waiting.takeAll() {
            shard.cancel(waiter.timer)
            waiter.continuation.resume(returning: .failure(.unavailable(reason)))
        }
        note { _ in }
    }

    private func cut() {
        for entry in Array(open.values) { entry.connection.assumeIsolated { $0.close() } }
        lent.removeAll()
        connecting = 0
        finishClosing()
    }

    func finishClosing() {
        guard isClosed, lent.isEmpty, connecting == 0 else { return }
        let waiting = closing
        closing = []
        for continuation in waiting { continuation.resume() }
    }

    private func listen() {
        guard watch == nil, !isClosed else { return }
        watch = DescriptorWatch(on: shard) { _, _ in
        } stopped: { [self] in
            turnAllAway("its event loop has stopped")
            cut()
        }
    }
}
