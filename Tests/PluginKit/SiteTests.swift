import CPlugin
import Synchronization
import Testing

@testable import MartletPluginKit

@Suite struct SiteTests {
    private let fake = FakeSite()

    init() { FakeCore.install() }

    /// Counts, and is let go of with the timer that calls it.
    private final class Counter: Sendable {
        let count = Atomic(0)

        func add() { count.add(1, ordering: .relaxed) }
        var value: Int { count.load(ordering: .relaxed) }
    }

    @Test func `knows its domain and the time`() {
        #expect(fake.site.domain == "montague.example")
        #expect(fake.site.address.isDomain)
        #expect(fake.site.now.microseconds == 1_000_000)
    }

    @Test func `calls back once, and lets go`() throws {
        weak var kept: Counter?
        do {
            let counter = Counter()
            kept = counter
            let timer = fake.site.timer(after: .milliseconds(1500)) { counter.add() }
            #expect(timer != nil)
            let set = try #require(fake.timers.first)
            #expect(set.first == 1500)
            #expect(set.every == 0)
            set.goOff()
            #expect(counter.value == 1)
        }
        #expect(kept == nil)
    }

    @Test func `calls back again and again, until it is cancelled`() throws {
        weak var kept: Counter?
        do {
            let counter = Counter()
            kept = counter
            let timer = fake.site.timer(after: .zero, every: .microseconds(1)) { counter.add() }
            let set = try #require(fake.timers.first)
            #expect(set.every == 1)
            set.goOff()
            set.goOff()
            #expect(counter.value == 2)
            timer?.cancel()
            // The host may have been about to call.
            set.goOff()
            #expect(counter.value == 2)
        }
        #expect(kept == nil)
    }

    @Test func `digests and draws`() {
        let digest = fake.site.digest("sha-1", of: Array("abc".utf8))
        #expect(Site.hex(digest) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(fake.site.digest("md5", of: []) == [])
        #expect(fake.site.digest("sha-512", of: []).count == 64)
        #expect(fake.site.random(33).count == 33)
        #expect(fake.site.token() != fake.site.token())
        #expect(fake.site.token(byteCount: 4).utf8.count == 8)
    }
}
