import CLinux
import Glibc

extension Shard {
    /// Rounds of jobs, or of flushes, in one turn, before the sockets are looked at again.
    private static let roundsPerTurn = 16
    /// Timers fired in one turn, at most.
    private static let timersPerTurn = 4096

    /// One turn of the loop, for tests that have adopted the shard.
    ///
    /// - Parameter waiting: whether to sleep until something happens.
    public func turn(waiting: Bool) {
        assertCurrent()
        poller.wait(milliseconds: waiting ? patience : 0, awoken: openMailbox) { token, readiness in
            sources[token]?.isReady(readiness)
        }
        fireTimers()
        workThroughBatch()
        runJobs()
        finishTurn()
    }

    /// Makes the calling thread this shard's, instead of `start`; for deterministic tests.
    public func adoptCurrentThread() {
        precondition(martlet_get_shard() == nil, "a thread has one shard")
        martlet_set_shard(Unmanaged.passUnretained(self).toOpaque())
        now = clock.now
    }

    /// Ends what `adoptCurrentThread` began: closes all that is registered, as `stop` does.
    public func resignCurrentThread() {
        tearDown()
        martlet_set_shard(nil)
    }

    /// Milliseconds that the loop may sleep.
    private var patience: Int32 {
        guard jobs.isEmpty, !hasOwnMail, dirty.isEmpty, endings.isEmpty, afterthoughts.isEmpty,
            !isEnding
        else { return 0 }
        return timers.earliest.map(clock.milliseconds(until:)) ?? -1
    }

    /// Takes the mail before it reads the clock, so that timers which were due when something was
    /// submitted fire before that is done.
    func openMailbox() {
        hasOwnMail = false
        mailbox.take(into: &batch)
        now = clock.now
    }

    func workThroughBatch() {
        var items: [Mailbox.Item] = []
        swap(&items, &batch)
        let executor = asUnownedSerialExecutor()
        for item in items {
            switch item {
            case .job(let job): job.runSynchronously(on: executor)
            case .work(let work): work()
            }
        }
        items.removeAll(keepingCapacity: items.count < 1024)
        batch = items
    }

    func runJobs() {
        var running: [UnownedJob] = []
        let executor = asUnownedSerialExecutor()
        for _ in 0..<Self.roundsPerTurn where !jobs.isEmpty {
            swap(&running, &jobs)
            for job in running { job.runSynchronously(on: executor) }
            running.removeAll(keepingCapacity: true)
        }
        if jobs.isEmpty { jobs = running }
    }

    /// Fires what is due; what the timers themselves set waits for the next turn at least.
    private func fireTimers() {
        let mark = timers.mark
        for _ in 0..<Self.timersPerTurn {
            guard let body = timers.popDue(at: now, setBefore: mark) else { return }
            body()
        }
    }

    /// Flushes what has something to write, and tells the owners of what has ended.
    ///
    /// Either may make more of both, and jobs that do; these are done in the same turn.
    func finishTurn() {
        haveAfterthoughts()
        for _ in 0..<Self.roundsPerTurn where !(dirty.isEmpty && endings.isEmpty) {
            var transports: [Transport] = []
            swap(&transports, &dirty)
            for transport in transports { transport.flushAtTurnEnd() }
            var ended: [Transport] = []
            swap(&ended, &endings)
            for transport in ended { transport.announceEnd() }
            runJobs()
            transports.removeAll(keepingCapacity: true)
            if dirty.isEmpty { dirty = transports }
        }
        haveAfterthoughts()
    }

    private func haveAfterthoughts() {
        guard !afterthoughts.isEmpty else { return }
        var bodies: [() -> Void] = []
        swap(&bodies, &afterthoughts)
        for body in bodies { body() }
        bodies.removeAll(keepingCapacity: true)
        if afterthoughts.isEmpty { afterthoughts = bodies }
    }
}
