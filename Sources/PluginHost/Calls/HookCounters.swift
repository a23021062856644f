import Glibc

/// What became of the calls into one plugin, on one shard: no other thread writes to it.
struct HookCounters {
    var calls: UInt64 = 0
    var faults: UInt64 = 0
    /// Every 64th call is timed; the others would pay for two looks at the clock.
    var timedCalls: UInt64 = 0
    var timedNanoseconds: UInt64 = 0

    static let timedEvery: UInt64 = 64

    static var nanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}

/// The counters of one plugin, a cache line for each shard.
///
/// Unchecked: each line is written by its shard alone; a reader elsewhere may see a number a moment
/// old, which is what a statistic is.
final class CounterLines: @unchecked Sendable {
    private static let stride = 64
    private let memory: UnsafeMutableRawPointer
    private let count: Int

    init(shards: Int) {
        count = max(shards, 1)
        memory = .allocate(byteCount: count * Self.stride, alignment: Self.stride)
        for index in 0..<count { line(index).initialize(to: HookCounters()) }
    }

    deinit { memory.deallocate() }

    func line(_ shard: Int) -> UnsafeMutablePointer<HookCounters> {
        (memory + (shard < count ? shard : 0) * Self.stride)
            .assumingMemoryBound(to: HookCounters.self)
    }

    var total: HookCounters {
        (0..<count).reduce(into: HookCounters()) { sum, index in
            let line = line(index).pointee
            sum.calls &+= line.calls
            sum.faults &+= line.faults
            sum.timedCalls &+= line.timedCalls
            sum.timedNanoseconds &+= line.timedNanoseconds
        }
    }
}
