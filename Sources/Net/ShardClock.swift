import Synchronization

/// A moment on a shard's clock; only differences mean something.
public struct ShardInstant: InstantProtocol, Hashable, Sendable {
    /// Nanoseconds since the clock's own beginning.
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    public func advanced(by duration: Duration) -> ShardInstant {
        let (sum, overflows) = nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return ShardInstant(nanoseconds: overflows ? .max : sum)
    }

    public func duration(to other: ShardInstant) -> Duration {
        .nanoseconds(other.nanoseconds - nanoseconds)
    }

    public static func < (left: ShardInstant, right: ShardInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

extension Duration {
    /// The duration in nanoseconds, rounded up, held to what 64 bits can say (292 years).
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflows else { return seconds < 0 ? .min : .max }
        let rest = (attoseconds + (attoseconds > 0 ? 999_999_999 : 0)) / 1_000_000_000
        let (sum, tooLong) = whole.addingReportingOverflow(rest)
        return tooLong ? .max : sum
    }
}

/// Where a shard gets its time from.
public protocol ShardClock: Sendable {
    var now: ShardInstant { get }

    /// How many milliseconds the loop may sleep before `deadline`; -1 to sleep until it is woken.
    func milliseconds(until deadline: ShardInstant) -> Int32

    /// Called once by each shard that goes by this clock.
    func drives(_ shard: Shard)
}

extension ShardClock {
    public func drives(_ shard: Shard) {}
}
