import Testing

@testable import MartletCore

/// XEP-0198 §4.
@Suite struct AckQueueTests {
    @Test func `gives back what was acknowledged, in order`() throws {
        var queue = AckQueue<Int>()
        for number in 1...5 { queue.append(number, bytes: number * 10) }
        #expect(try queue.acknowledge(2) == [1, 2])
        #expect(queue.items == [3, 4, 5])
        #expect(queue.byteCount == 120)
        #expect(try queue.acknowledge(2) == [])
        #expect(try queue.acknowledge(5) == [3, 4, 5])
        #expect(queue.count == 0 && queue.byteCount == 0)
    }

    @Test(arguments: [UInt32(4), 5, .max])
    func `refuses more than was sent, and changes nothing`(h: UInt32) throws {
        var queue = AckQueue<Int>()
        for number in 1...3 { queue.append(number, bytes: 1) }
        #expect(throws: AckQueue<Int>.Excess(acknowledged: h, sent: 3)) {
            try queue.acknowledge(h)
        }
        #expect(queue.items == [1, 2, 3])
    }

    @Test func `a count that goes back is more than was sent`() throws {
        var queue = AckQueue<Int>()
        for number in 1...3 { queue.append(number, bytes: 1) }
        _ = try queue.acknowledge(2)
        #expect(throws: AckQueue<Int>.Excess(acknowledged: 1, sent: 3)) {
            try queue.acknowledge(1)
        }
    }

    @Test func `counts on past 2³²`() throws {
        var queue = AckQueue<Int>(startingAt: .max - 1)
        for number in 1...4 { queue.append(number, bytes: 1) }
        #expect(queue.sent == 2)
        #expect(try queue.acknowledge(.max) == [1])
        #expect(try queue.acknowledge(0) == [2])
        #expect(throws: AckQueue<Int>.Excess.self) { try queue.acknowledge(3) }
        #expect(try queue.acknowledge(2) == [3, 4])
    }

    @Test(arguments: 0..<20)
    func `does what a plain list does`(seed: UInt64) throws {
        var random = SplitMix(seed)
        let start = UInt32.max - UInt32.random(in: 0...500, using: &random)
        var queue = AckQueue<Int>(startingAt: start)
        var model: [Int] = []
        var acknowledged = start
        for number in 0..<2_000 {
            if Bool.random(using: &random) {
                queue.append(number, bytes: number % 7)
                model.append(number)
            } else {
                let step = Int.random(in: 0...model.count + 1, using: &random)
                let h = acknowledged &+ UInt32(step)
                guard step <= model.count else {
                    #expect(throws: AckQueue<Int>.Excess.self) { try queue.acknowledge(h) }
                    continue
                }
                #expect(try queue.acknowledge(h) == Array(model.prefix(step)))
                model.removeFirst(step)
                acknowledged = h
            }
            #expect(queue.count == model.count)
            #expect(queue.byteCount == model.reduce(0) { $0 + $1 % 7 })
        }
        #expect(queue.items == model)
    }
}

/// A seed's numbers (SplitMix64), so that a failure can be played again.
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
