import Testing

@testable import MartletNet

struct TokenBucketTests {
    private func second(_ seconds: Double) -> ShardInstant {
        ShardInstant(nanoseconds: Int64(seconds * 1e9))
    }

    @Test func `lets the burst through, then the rate`() {
        var bucket = TokenBucket(rate: 50, burst: 200, now: second(0))
        #expect(bucket.take(200, at: second(0)) == .zero)
        #expect(bucket.take(1, at: second(0)) == .milliseconds(20))
        #expect(bucket.take(1, at: second(0.02)) == .milliseconds(20))
        #expect(bucket.take(1, at: second(0.06)) == .zero)
    }

    @Test func `owes what one large take is over`() {
        var bucket = TokenBucket(rate: 20_480, burst: 65_536, now: second(5))
        #expect(bucket.take(65_536 + 20_480 * 3, at: second(5)) == .seconds(3))
        #expect(bucket.take(0, at: second(7)) == .seconds(1))
        #expect(bucket.take(0, at: second(8)) == .zero)
    }

    @Test func `never holds more than the burst, and forgives a clock that goes back`() {
        var bucket = TokenBucket(rate: 10, burst: 10, now: second(100))
        #expect(bucket.take(10, at: second(1_000_000)) == .zero)
        #expect(bucket.take(1, at: second(5)) == .milliseconds(100))
    }

    @Test func `survives any numbers`() {
        var bucket = TokenBucket(rate: 1, burst: .max, now: ShardInstant(nanoseconds: .min / 2))
        #expect(bucket.take(.max, at: ShardInstant(nanoseconds: .max / 2)) == .zero)
        #expect(bucket.take(.max, at: ShardInstant(nanoseconds: .max / 2)) > .seconds(1 << 33))
    }
}
