import CLinux
import Glibc
import Synchronization

/// What a descriptor is ready for.
struct Readiness {
    var canRead: Bool
    var canWrite: Bool
    /// An error, or both directions shut; epoll reports it whether asked or not.
    var isHungUp: Bool
    /// Both directions are shut, without an error.
    var isOver: Bool
}

/// What a descriptor is watched for.
struct Interest: OptionSet {
    let rawValue: UInt8

    static let reading = Interest(rawValue: 1)
    static let writing = Interest(rawValue: 2)
}

/// An epoll instance, level-triggered, and the eventfd that wakes it.
///
/// All is `let`: `wake` may be called from any thread, the rest from the shard's. Once it is closed, which
/// gives the descriptors back, all of it does nothing.
struct Poller: ~Copyable, Sendable {
    static let batchSize = 256
    private static let wakeToken = UInt64.max

    private let epoll: CInt
    private let wakeup: CInt
    /// Room for a batch of events.
    ///
    /// It belongs to `wait`, which the shard's thread alone calls, and which is not called from
    /// within itself.
    private nonisolated(unsafe) let events: UnsafeMutableBufferPointer<epoll_event>
    private let isClosed = Atomic(false)
    /// How many are about to wake it: the descriptor they have in hand must not become another one.
    private let wakers = Atomic(0)

    init() {
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        wakeup = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
        events = .allocate(capacity: Self.batchSize)
        events.initialize(repeating: epoll_event())
        precondition(epoll >= 0 && wakeup >= 0, "a shard needs two descriptors to begin with")
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: Self.wakeToken))
        epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event)
    }

    deinit {
        close()
        events.deallocate()
    }

    func wake() {
        wakers.add(1, ordering: .sequentiallyConsistent)
        if !isClosed.load(ordering: .sequentiallyConsistent) { eventfd_write(wakeup, 1) }
        wakers.subtract(1, ordering: .sequentiallyConsistent)
    }

    /// Gives the descriptors back; the shard may be kept for long after its end.
    func close() {
        guard !isClosed.exchange(true, ordering: .sequentiallyConsistent) else { return }
        while wakers.load(ordering: .sequentiallyConsistent) > 0 { sched_yield() }
        Glibc.close(epoll)
        Glibc.close(wakeup)
    }

    var isOpen: Bool { !isClosed.load(ordering: .relaxed) }

    /// - Returns: whether the kernel took it; it refuses for want of memory alone.
    func add(_ descriptor: CInt, _ interest: Interest, token: UInt64) -> Bool {
        guard isOpen else { return false }
        var event = Self.event(interest, token)
        return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0
    }

    func change(_ descriptor: CInt, to interest: Interest, token: UInt64) {
        guard isOpen else { return }
        var event = Self.event(interest, token)
        epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event)
    }

    func remove(_ descriptor: CInt) {
        guard isOpen else { return }
        var event = epoll_event()
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
    }

    /// Waits for at most a batch of events; calls `awoken`, then `body` for each with its token.
    ///
    /// The wake-up is taken back before `awoken` looks at what it was for: what comes in between
    /// wakes again.
    func wait(milliseconds: Int32, awoken: () -> Void, _ body: (UInt64, Readiness) -> Void) {
        let count = epoll_wait(epoll, events.baseAddress, CInt(events.count), milliseconds)
        let ready = events[0..<max(0, Int(count))]
        if ready.contains(where: { $0.data.u64 == Self.wakeToken }) {
            var value: eventfd_t = 0
            eventfd_read(wakeup, &value)
        }
        awoken()
        for event in ready where event.data.u64 != Self.wakeToken {
            body(event.data.u64, Readiness(bits: event.events))
        }
    }

    private static func event(_ interest: Interest, _ token: UInt64) -> epoll_event {
        var bits: UInt32 = 0
        if interest.contains(.reading) { bits |= EPOLLIN.rawValue }
        if interest.contains(.writing) { bits |= EPOLLOUT.rawValue }
        return epoll_event(events: bits, data: epoll_data_t(u64: token))
    }
}

extension Readiness {
    fileprivate init(bits: UInt32) {
        canRead = bits & EPOLLIN.rawValue != 0
        canWrite = bits & EPOLLOUT.rawValue != 0
        let ends = bits & (EPOLLHUP.rawValue | EPOLLERR.rawValue)
        isHungUp = ends != 0
        isOver = ends == EPOLLHUP.rawValue
    }
}
