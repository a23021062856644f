import MartletNet
import TestSupport
import Testing

@testable import MartletServer

/// What strangers may write into the log.
struct LogValveTests {
    private let now = ShardInstant(nanoseconds: 0)

    @Test func `lets a burst through, then some a second, and counts the rest`() {
        let valve = LogValve(burst: 3, perSecond: 2)
        #expect((0..<5).map { _ in valve.admit(at: now) } == [0, 0, 0, nil, nil])
        let later = now.advanced(by: .seconds(1))
        #expect((0..<3).map { _ in valve.admit(at: later) } == [2, 0, nil])
        // However long nothing happened.
        let muchLater = now.advanced(by: .seconds(3_600))
        #expect((0..<4).map { _ in valve.admit(at: muchLater) } == [1, 0, 0, nil])
        // A shard that is behind with its clock.
        #expect(valve.admit(at: now) == nil)
    }

    @Test func `says how many were left out`() {
        let (valve, book) = (LogValve(burst: 1, perSecond: 1), LogBook())
        for _ in 0..<4 { valve.log(.info, "hello", ["peer": "x"], to: book.logger, at: now) }
        valve.log(.info, "again", [:], to: book.logger, at: now.advanced(by: .seconds(1)))
        #expect(book.lines == ["hello peer=x", "again leftOut=3"])
    }
}
