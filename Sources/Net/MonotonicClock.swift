import Glibc

/// The machine's clock that never goes back (`CLOCK_MONOTONIC`).
public struct MonotonicClock: ShardClock {
    public init() {}

    public var now: ShardInstant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return ShardInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    public func milliseconds(until deadline: ShardInstant) -> Int32 {
        let rest = deadline.nanoseconds - now.nanoseconds
        guard rest > 0 else { return 0 }
        return Int32(clamping: (rest - 1) / 1_000_000 + 1)
    }
}
