import Synchronization

/// A clock that moves only when a test moves it.
public final class ManualClock: ShardClock {
    private struct State {
        var now = ShardInstant(nanoseconds: 0)
        var shards: [WeakShard] = []
    }

    private struct WeakShard {
        weak var shard: Shard?
    }

    private let state = Mutex(State())

    public init() {}

    public var now: ShardInstant { state.withLock { $0.now } }

    /// Moves on, and wakes every shard so that it fires the timers that are due.
    ///
    /// They have fired when `Shard.settle()` returns, or after the next `turn` of an adopted shard.
    public func advance(by duration: Duration) {
        let shards = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            return state.shards.compactMap(\.shard)
        }
        for shard in shards { shard.submit {} }
    }

    public func milliseconds(until deadline: ShardInstant) -> Int32 { deadline <= now ? 0 : -1 }

    public func drives(_ shard: Shard) {
        state.withLock { $0.shards.append(WeakShard(shard: shard)) }
    }
}
