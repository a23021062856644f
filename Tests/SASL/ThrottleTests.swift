import MartletCore
import Testing

@testable import MartletSASL

/// Row 22 of the attacks, with a clock that the tests move.
@Suite struct ThrottleTests {
    private let romeo = JID(prepared: "romeo", "montague.example")
    private let juliet = JID(prepared: "juliet", "capulet.example")
    private var throttle = LoginThrottle()

    @Test mutating func `lets the first tries through and slows the next ones down`() {
        var delays: [ThrottleVerdict] = []
        for second in 0..<6 {
            let now = Duration.seconds(second)
            delays.append(throttle.judge(address: "192.0.2.1", account: romeo, now: now))
            throttle.noteFailure(address: "192.0.2.1", account: romeo, now: now)
        }
        #expect(
            delays == [
                .allow(delay: .zero), .allow(delay: .zero), .allow(delay: .milliseconds(500)),
                .allow(delay: .seconds(1)), .allow(delay: .seconds(2)), .refuse,
            ]
        )
    }

    @Test mutating func `forgets failures after a minute`() {
        fail(5, from: "192.0.2.1", romeo, at: .seconds(10))
        #expect(verdict("192.0.2.1", romeo, .milliseconds(69_999)) == .refuse)
        #expect(verdict("192.0.2.1", romeo, .seconds(70)) == .allow(delay: .zero))
    }

    @Test mutating func `lets the user in from elsewhere while one address is refused`() {
        fail(5, from: "192.0.2.1", romeo, at: .zero)
        #expect(verdict("192.0.2.1", romeo, .seconds(1)) == .refuse)
        #expect(verdict("198.51.100.7", romeo, .seconds(1)) == .allow(delay: .zero))
        #expect(verdict("192.0.2.1", juliet, .seconds(1)) == .allow(delay: .zero))
    }

    @Test mutating func `refuses an address that tries many accounts`() {
        for number in 0..<20 {
            let account = JID(prepared: "user\(number)", "montague.example")
            #expect(verdict("192.0.2.1", account, .zero) == .allow(delay: .zero))
            fail(1, from: "192.0.2.1", account, at: .zero)
        }
        #expect(verdict("192.0.2.1", juliet, .seconds(3599)) == .refuse)
        #expect(verdict("192.0.2.2", juliet, .seconds(3599)) == .allow(delay: .zero))
        #expect(verdict("192.0.2.1", juliet, .seconds(3600)) == .allow(delay: .zero))
    }

    @Test mutating func `slows strangers, refuses nobody, when all the world tries one account`() {
        throttle.noteSuccess(address: "198.51.100.7", account: romeo, now: .zero)
        for number in 0..<10_000 { fail(1, from: "bot \(number)", romeo, at: .seconds(10)) }
        #expect(verdict("203.0.113.9", romeo, .seconds(11)) == .allow(delay: .seconds(2)))
        #expect(verdict("198.51.100.7", romeo, .seconds(11)) == .allow(delay: .zero))
        #expect(verdict("203.0.113.9", juliet, .seconds(11)) == .allow(delay: .zero))
    }

    @Test mutating func `lets a familiar user in from behind an address that is refused`() {
        throttle.noteSuccess(address: "192.0.2.1", account: romeo, now: .zero)
        for number in 0..<30 {
            fail(1, from: "192.0.2.1", JID(prepared: "user\(number)", "m.example"), at: .zero)
        }
        #expect(verdict("192.0.2.1", juliet, .seconds(1)) == .refuse)
        #expect(verdict("192.0.2.1", romeo, .seconds(1)) == .allow(delay: .zero))
        #expect(verdict("192.0.2.1", romeo, .seconds(3599)) == .allow(delay: .zero))
    }

    @Test mutating func `gives a familiar address no more than twenty tries an hour either`() {
        throttle.noteSuccess(address: "192.0.2.1", account: romeo, now: .zero)
        var tries = 0
        for second in 0..<3600 where verdict("192.0.2.1", romeo, .seconds(second)) != .refuse {
            fail(1, from: "192.0.2.1", romeo, at: .seconds(second))
            tries += 1
        }
        #expect(tries == 20)
    }

    @Test mutating func `holds one address to twenty tries an hour whatever it does`() {
        var tries = 0
        for second in 0..<3600 {
            let account = JID(prepared: "user\(second % 7)", "montague.example")
            guard verdict("192.0.2.1", account, .seconds(second)) != .refuse else { continue }
            fail(1, from: "192.0.2.1", account, at: .seconds(second))
            tries += 1
        }
        #expect(tries == 20)
    }

    @Test mutating func `forgives the account's failures, not the address's, at a login`() {
        fail(4, from: "192.0.2.1", romeo, at: .zero)
        throttle.noteSuccess(address: "192.0.2.1", account: romeo, now: .zero)
        #expect(verdict("192.0.2.1", romeo, .seconds(1)) == .allow(delay: .zero))
        for number in 0..<16 {
            fail(1, from: "192.0.2.1", JID(prepared: "user\(number)", "m.example"), at: .zero)
        }
        #expect(verdict("192.0.2.1", juliet, .seconds(1)) == .refuse)
    }

    @Test mutating func `counts all resources of an account as one`() {
        for number in 0..<5 {
            let full = romeo.with(preparedResource: "device \(number)")
            fail(1, from: "192.0.2.1", full, at: .zero)
        }
        #expect(verdict("192.0.2.1", romeo, .seconds(1)) == .refuse)
    }

    @Test func `holds no more than it may, and keeps what is touched`() {
        var policy = ThrottlePolicy()
        policy.entryLimit = 100
        var throttle = LoginThrottle(policy)
        for number in 0..<10_000 {
            let account = JID(prepared: "user\(number)", "montague.example")
            throttle.noteFailure(address: "bot \(number)", account: account, now: .zero)
            throttle.noteSuccess(address: "bot \(number)", account: account, now: .zero)
            if number % 10 == 0 {
                throttle.noteFailure(address: "192.0.2.1", account: romeo, now: .zero)
            }
            #expect(throttle.entryCount <= 400)
        }
        #expect(throttle.judge(address: "192.0.2.1", account: romeo, now: .zero) == .refuse)
    }

    @Test func `never makes a delay longer than the longest`() {
        var policy = ThrottlePolicy()
        policy.failuresPerPair = 1000
        policy.failuresPerAddress = 1000
        var throttle = LoginThrottle(policy)
        for _ in 0..<999 {
            throttle.noteFailure(address: "192.0.2.1", account: romeo, now: .zero)
        }
        let verdict = throttle.judge(address: "192.0.2.1", account: romeo, now: .zero)
        #expect(verdict == .allow(delay: .seconds(8)))
    }

    private mutating func fail(
        _ count: Int,
        from address: String,
        _ account: JID,
        at now: Duration
    ) {
        for _ in 0..<count { throttle.noteFailure(address: address, account: account, now: now) }
    }

    private func verdict(_ address: String, _ account: JID, _ now: Duration) -> ThrottleVerdict {
        throttle.judge(address: address, account: account, now: now)
    }
}
