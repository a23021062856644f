import Testing

@testable import MartletNet

@Suite(.timeLimit(.minutes(5)))
struct TimerTests {
    /// A shard turned by the test, on a clock moved by the test.
    private func withManualShard(_ body: (Shard, ManualClock) -> Void) {
        let clock = ManualClock()
        let shard = Shard(index: 0, clock: clock)
        shard.adoptCurrentThread()
        body(shard, clock)
        shard.resignCurrentThread()
    }

    @Test func `fires in order of deadline, then of setting`() {
        withManualShard { shard, clock in
            var fired: [Int] = []
            for (number, seconds) in [3, 1, 2, 1, 3].enumerated() {
                shard.schedule(after: .seconds(seconds)) { fired.append(number) }
            }
            clock.advance(by: .seconds(2))
            shard.turn(waiting: false)
            #expect(fired == [1, 3, 2])
            clock.advance(by: .seconds(1))
            shard.turn(waiting: false)
            #expect(fired == [1, 3, 2, 0, 4])
        }
    }

    @Test func `does not fire before its time`() {
        withManualShard { shard, clock in
            var fired = 0
            shard.schedule(after: .nanoseconds(1000)) { fired += 1 }
            clock.advance(by: .nanoseconds(999))
            shard.turn(waiting: false)
            #expect(fired == 0)
            clock.advance(by: .nanoseconds(1))
            shard.turn(waiting: false)
            #expect(fired == 1)
        }
    }

    @Test func `does not fire what was cancelled, and forgives cancelling twice`() {
        withManualShard { shard, clock in
            var fired: [Int] = []
            let ids = (0..<10).map { number in
                shard.schedule(after: .seconds(number)) { fired.append(number) }
            }
            for number in [0, 5, 9, 5] { shard.cancel(ids[number]) }
            clock.advance(by: .seconds(60))
            shard.turn(waiting: false)
            shard.cancel(ids[1])
            #expect(fired == [1, 2, 3, 4, 6, 7, 8])
            #expect(shard.timerCount == 0)
        }
    }

    @Test func `keeps a new timer when an old one of the same place is cancelled`() {
        withManualShard { shard, clock in
            var fired = false
            let old = shard.schedule(after: .seconds(1)) {}
            shard.cancel(old)
            shard.schedule(after: .seconds(1)) { fired = true }
            shard.cancel(old)
            clock.advance(by: .seconds(1))
            shard.turn(waiting: false)
            #expect(fired)
        }
    }

    @Test func `lets a timer set another`() {
        withManualShard { shard, clock in
            var ticks = 0
            func tick() {
                ticks += 1
                shard.schedule(after: .seconds(1), tick)
            }
            shard.schedule(after: .seconds(1), tick)
            for _ in 0..<5 {
                clock.advance(by: .seconds(1))
                shard.turn(waiting: false)
            }
            #expect(ticks == 5)
        }
    }

    @Test func `holds a hundred thousand timers, cancelled and fired in any order`() {
        withManualShard { shard, clock in
            var fired: [Int] = []
            var chance = SystemRandomNumberGenerator()
            var cancelled = Set<Int>()
            let ids = (0..<100_000).map { number in
                shard.schedule(after: .milliseconds(number ^ 0x2A5A)) { fired.append(number) }
            }
            for number in 0..<100_000 where Bool.random(using: &chance) {
                shard.cancel(ids[number])
                cancelled.insert(number)
            }
            #expect(shard.timerCount == 100_000 - cancelled.count)
            clock.advance(by: .seconds(200))
            while shard.timerCount > 0 { shard.turn(waiting: false) }
            let left = (0..<100_000).filter { !cancelled.contains($0) }
            #expect(fired == left.sorted { $0 ^ 0x2A5A < $1 ^ 0x2A5A })
        }
    }

    @Test func `has fired what was due when settling is over`() async throws {
        let clock = ManualClock()
        try await withShards(2, clock: clock) { shards in
            let fired = Shared(0)
            for shard in shards {
                await shard.run {
                    _ = shard.schedule(after: .seconds(3600)) { fired.change { $0 += 1 } }
                }
            }
            clock.advance(by: .seconds(3599))
            for shard in shards { await shard.settle() }
            #expect(fired.value == 0)
            clock.advance(by: .seconds(1))
            for shard in shards { await shard.settle() }
            #expect(fired.value == 2)
        }
    }

    @Test func `fires by the machine's clock, not early`() async throws {
        try await withShards { shards in
            let shard = shards[0]
            let clock = MonotonicClock()
            let waited = await withCheckedContinuation { continuation in
                shard.submit {
                    let begin = shard.now
                    shard.schedule(after: .milliseconds(20)) {
                        continuation.resume(returning: begin.duration(to: clock.now))
                    }
                }
            }
            #expect(waited >= .milliseconds(20))
        }
    }

    private static let durations: [(Duration, Int64)] = [
        (.seconds(1), 1_000_000_000),
        (.nanoseconds(5), 5),
        (Duration(secondsComponent: 0, attosecondsComponent: 1), 1),
        (.seconds(Int64.max), Int64.max),
        (.seconds(-1), -1_000_000_000),
    ]

    @Test(arguments: durations)
    func `counts nanoseconds, rounded up and held to what fits`(given: Duration, expected: Int64) {
        #expect(given.wholeNanoseconds == expected)
    }
}
