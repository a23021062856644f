import MartletNet
import Testing

@testable import MartletDNS

struct FaultMemoryTests {
    private func moment(_ number: Int64) -> ShardInstant { ShardInstant(nanoseconds: number) }

    @Test func `remembers until the end`() {
        var memory = FaultMemory(limit: 10)
        memory.remember(.noService, of: "a", until: moment(5))
        #expect(memory.fault(of: "a", at: moment(4)) == .noService)
        #expect(memory.fault(of: "b", at: moment(4)) == nil)
        #expect(memory.fault(of: "a", at: moment(5)) == nil)
        #expect(memory.count == 0)
    }

    @Test func `makes room by forgetting the oldest`() {
        var memory = FaultMemory(limit: 3)
        for name in ["a", "b", "c", "a", "d"] {
            memory.remember(.timedOut, of: name, until: moment(9))
        }
        let known = ["a", "b", "c", "d"].filter { memory.fault(of: $0, at: moment(1)) != nil }
        #expect(known == ["a", "c", "d"])
    }

    @Test func `never holds more than it may`() {
        var memory = FaultMemory(limit: 100)
        var chance = SplitMix(state: 7)
        for number in 0..<20_000 {
            let name = "\(Int.random(in: 0..<300, using: &chance))"
            switch Int.random(in: 0..<4, using: &chance) {
            case 0: memory.forget(name)
            case 1: _ = memory.fault(of: name, at: moment(Int64(number)))
            default:
                memory.remember(.timedOut, of: name, until: moment(Int64(number + 50)))
                #expect(memory.fault(of: name, at: moment(Int64(number))) == .timedOut)
            }
            #expect(memory.count <= 100)
        }
    }
}
