import MartletNet
import Testing

@testable import MartletServer

/// How what can be asked at a time is shared out among strangers.
struct VerifyQuotaTests {
    private let now = ShardInstant(nanoseconds: 0)

    private func address(_ number: Int) -> SocketAddress {
        SocketAddress("192.0.\(number / 250).\(number % 250 + 1)", port: 1) ?? .loopback(port: 1)
    }

    @Test func `twenty-six greedy addresses leave room for another`() {
        let quota = VerifyQuota(perMinute: 60)
        var taken = 0
        for number in 0..<26 {
            for _ in 0..<20 where quota.take(for: address(number), at: now, of: 256) { taken += 1 }
        }
        // Without shares, thirteen of them had all.
        #expect(taken < 250)
        #expect(quota.take(for: address(200), at: now, of: 256))
    }

    @Test func `one that is alone has what it needs`() {
        let quota = VerifyQuota(perMinute: 60)
        let taken = (0..<60).count { _ in quota.take(for: address(0), at: now, of: 256) }
        #expect(taken == 28)
    }

    @Test func `what was answered is given back`() {
        let quota = VerifyQuota(perMinute: 60)
        #expect(quota.take(for: address(0), at: now, of: 1))
        #expect(!quota.take(for: address(0), at: now, of: 1))
        quota.giveBack(for: address(0))
        #expect(quota.take(for: address(0), at: now, of: 1))
        quota.giveBack(for: address(0))
        quota.giveBack(for: address(0))
        #expect(quota.take(for: address(0), at: now, of: 1))
    }

    @Test func `there are so many a minute`() {
        let quota = VerifyQuota(perMinute: 3)
        for _ in 0..<3 {
            #expect(quota.take(for: address(0), at: now, of: 256))
            quota.giveBack(for: address(0))
        }
        #expect(!quota.take(for: address(0), at: now, of: 256))
        #expect(quota.take(for: address(0), at: now.advanced(by: .seconds(61)), of: 256))
    }
}
