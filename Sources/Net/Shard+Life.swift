import CLinux
import Glibc
import Synchronization

extension Shard {
    enum Life: Sendable {
        case new
        case running(pthread_t)
        case stopping([CheckedContinuation<Void, Never>])
        case stopped
    }

    /// Starts the thread, `martlet-N`.
    ///
    /// - Precondition: it was never started, nor adopted.
    public func start() {
        life.withLock { life in
            guard case .new = life else { preconditionFailure("a shard starts once") }
            life = .running(startThread(named: "martlet-\(index)") { self.loop() })
        }
    }

    /// Ends the loop after the turn that is under way, and returns when the thread is gone.
    ///
    /// What is still registered is closed (`TransportEnd.shardStopped`) and its owners are told;
    /// timers are dropped. Whoever calls an actor of this shard afterwards is served by a thread
    /// that lives as long as there is such work.
    public func stop() async {
        let thread: pthread_t? = life.withLock { life in
            guard case .running(let thread) = life else { return nil }
            life = .stopping([])
            return thread
        }
        if let thread {
            await untilStopped { self.submit { self.isEnding = true } }
            pthread_join(thread, nil)
        } else {
            await untilStopped {}
        }
    }

    private func untilStopped(_ begin: @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            let isOver = life.withLock { life in
                switch life {
                case .stopping(let waiting):
                    life = .stopping(waiting + [continuation])
                    return false
                case .new, .stopped:
                    life = .stopped
                    return true
                case .running: return false
                }
            }
            if isOver { continuation.resume() } else { begin() }
        }
    }

    private func loop() {
        martlet_set_shard(Unmanaged.passUnretained(self).toOpaque())
        now = clock.now
        while !isEnding { turn(waiting: true) }
        tearDown()
        martlet_set_shard(nil)
        for continuation in endLife() { continuation.resume() }
    }

    private func endLife() -> [CheckedContinuation<Void, Never>] {
        life.withLock { life in
            defer { life = .stopped }
            guard case .stopping(let waiting) = life else { return [] }
            return waiting
        }
    }

    /// Closes all that is registered and gives what is still to be done to a late thread.
    func tearDown() {
        hasStopped = true
        for source in sources.all { source.shardStops() }
        timers.removeAll()
        for _ in 0..<64 {
            openMailbox()
            if batch.isEmpty, jobs.isEmpty, dirty.isEmpty, endings.isEmpty, afterthoughts.isEmpty {
                break
            }
            workThroughBatch()
            runJobs()
            finishTurn()
        }
        timers.removeAll()
        for job in jobs { _ = mailbox.put(.job(job)) }
        jobs.removeAll()
        let duty = mailbox.loopEnds()
        poller.close()
        if duty == .startLateThread { startLateThread() }
    }

    /// Serves what reaches a shard after its end, so that nobody waits for ever.
    func startLateThread() {
        let thread = startThread(named: "martlet-late") { [self] in
            martlet_set_shard(Unmanaged.passUnretained(self).toOpaque())
            repeat {
                openMailbox()
                workThroughBatch()
                while !(jobs.isEmpty && dirty.isEmpty && endings.isEmpty && afterthoughts.isEmpty) {
                    runJobs()
                    finishTurn()
                }
                timers.removeAll()
            } while !mailbox.lateThreadEnds()
            martlet_set_shard(nil)
        }
        pthread_detach(thread)
    }
}

/// Starts a thread that signals leave alone, with a name of at most 15 bytes.
func startThread(named name: String, _ body: @escaping @Sendable () -> Void) -> pthread_t {
    let box = Unmanaged.passRetained(ThreadBody(name, body))
    var thread = pthread_t()
    let status = pthread_create(&thread, nil, runThread, box.toOpaque())
    precondition(status == 0, "the system has no thread left")
    return thread
}

private final class ThreadBody {
    let name: String
    let body: @Sendable () -> Void

    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let thread = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
    martlet_block_signals()
    martlet_name_thread(thread.name)
    thread.body()
    return nil
}
