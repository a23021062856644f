import CLinux
import Synchronization

/// One thread, its epoll loop, and the executor of every actor homed on it.
///
/// A turn of the loop reads what arrived, fires timers, does what other threads asked for, runs
/// actors' jobs, and then flushes each transport that has something to write, once.
///
/// An actor is homed on a shard by returning it as its `unownedExecutor`; what the loop calls may
/// then enter the actor with `assumeIsolated`, without a hop.
///
/// Unchecked, because all `var`s belong to the shard's thread; other threads reach `mailbox`,
/// `life` and `poller.wake` alone.
public final class Shard: SerialExecutor, @unchecked Sendable {
    /// Bytes read from a socket in one turn, at most.
    public static let readBufferSize = 64 * 1024

    public let index: Int
    public let clock: any ShardClock

    /// Shared by everything the shard reads; its contents are valid during one callback.
    public let readBuffer: UnsafeMutableRawBufferPointer

    /// The time when this turn of the loop began.
    public internal(set) var now: ShardInstant

    let mailbox = Mailbox()
    let poller = Poller()
    let life = Mutex(Life.new)

    // Unchecked for exclusive access, as what is put into these lists, or taken out of them whole, is let
    // go of while nobody changes them.
    @exclusivity(unchecked) var jobs: [UnownedJob] = []
    @exclusivity(unchecked) var batch: [Mailbox.Item] = []
    var hasOwnMail = false
    var timers = TimerHeap()
    var sources = SourceTable()
    @exclusivity(unchecked) package var buffers = BufferPool()
    @exclusivity(unchecked) var dirty: [Transport] = []
    @exclusivity(unchecked) var endings: [Transport] = []
    /// What is to be done when this turn's work is done.
    @exclusivity(unchecked) var afterthoughts: [() -> Void] = []
    /// Plaintext of the TLS records read in this turn; lent to one transport at a time.
    var plaintext: [UInt8] = []
    var isEnding = false
    var hasStopped = false

    public init(index: Int, clock: any ShardClock = MonotonicClock()) {
        self.index = index
        self.clock = clock
        now = clock.now
        readBuffer = .allocate(byteCount: Self.readBufferSize, alignment: 64)
        clock.drives(self)
    }

    deinit {
        readBuffer.deallocate()
    }

    /// Whether the caller is on this shard's thread.
    public var isCurrent: Bool {
        martlet_get_shard() == UnsafeMutableRawPointer(Unmanaged.passUnretained(self).toOpaque())
    }

    /// Does `work` on the shard's thread, in the order in which all threads submitted.
    ///
    /// However much is submitted while the loop is at work costs one wake-up. After `stop` the
    /// work is still done, on a thread made for what comes late.
    public func submit(_ work: @escaping @Sendable () -> Void) {
        put(.work(work))
    }

    /// The shard whose thread this is, if it is one's.
    public static var current: Shard? {
        martlet_get_shard().map { Unmanaged<Shard>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Calls `body` once, when what this turn found to do is done and before the loop sleeps.
    ///
    /// For what costs the same however much it is about: to wake another thread. On the shard's thread only.
    public func atTurnEnd(_ body: @escaping () -> Void) {
        assertCurrent()
        afterthoughts.append(body)
    }

    /// Returns when all that was submitted before is done, and the timers due by then have fired.
    public func settle() async {
        await withCheckedContinuation { continuation in
            submit { continuation.resume() }
        }
    }

    /// Calls `body` on this shard when `delay` has passed, counted from `now`.
    ///
    /// On the shard's thread only. Timers that are due at the same time fire in the order in which
    /// they were set.
    @discardableResult
    public func schedule(after delay: Duration, _ body: @escaping () -> Void) -> TimerID {
        assertCurrent()
        return timers.insert(at: now.advanced(by: delay), body)
    }

    /// Forgets a timer; one that has fired or was cancelled before is no fault.
    public func cancel(_ timer: TimerID) {
        assertCurrent()
        timers.remove(timer)
    }

    /// What is registered: sockets, listeners, connects under way, pipes.
    public var registeredCount: Int { sources.count }
    public var timerCount: Int { timers.count }

    func assertCurrent() {
        assert(isCurrent, "only on the thread of shard \(index)")
    }

    func put(_ item: Mailbox.Item) {
        switch mailbox.put(item) {
        case .nothing: break
        case .wakeLoop: if isCurrent { hasOwnMail = true } else { poller.wake() }
        case .startLateThread: startLateThread()
        }
    }
}

// MARK: The executor

extension Shard {
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            jobs.append(job)
        } else {
            put(.job(job))
        }
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    public func checkIsolated() {
        precondition(isCurrent, "not on the thread of shard \(index)")
    }

    public func isIsolatingCurrentContext() -> Bool? { isCurrent }
}
