/// Lets through so much a second, and a burst on top (attacks: floods of bytes or stanzas).
///
/// Pure: time is given. What is over the rate is not refused but owed, and the owner stops reading
/// for as long as paying takes; so nothing is lost, and a peer slows down instead of being cut.
public struct TokenBucket: Sendable, Hashable {
    /// Tokens that come in each second.
    public let rate: Int
    /// Tokens that it holds, at most.
    public let burst: Int

    /// In billionths of a token; below zero when something is owed.
    private var level: Int128
    private var last: ShardInstant

    /// Begins full.
    ///
    /// - Precondition: both are above zero.
    public init(rate: Int, burst: Int, now: ShardInstant) {
        precondition(rate > 0 && burst > 0, "a bucket that nothing gets out of")
        self.rate = rate
        self.burst = burst
        level = Int128(burst) * 1_000_000_000
        last = now
    }

    /// Takes tokens out, and says how long to wait before taking the next; zero if it need not.
    public mutating func take(_ count: Int, at now: ShardInstant) -> Duration {
        refill(at: now)
        level -= Int128(count) * 1_000_000_000
        guard level < 0 else { return .zero }
        let (nanoseconds, rest) = (-level).quotientAndRemainder(dividingBy: Int128(rate))
        return .nanoseconds(Int64(clamping: nanoseconds + (rest > 0 ? 1 : 0)))
    }

    private mutating func refill(at now: ShardInstant) {
        let passed = max(0, now.nanoseconds - last.nanoseconds)
        last = max(last, now)
        level = min(Int128(burst) * 1_000_000_000, level + Int128(passed) * Int128(rate))
    }
}
