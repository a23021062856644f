import Testing

@testable import MartletDNS

struct SRVTests {
    @Test func `reads a record`() throws {
        let data: [UInt8] = [0, 10, 0, 60, 0x14, 0x95] + "XMPP.Capulet.example".wireName
        let record = try #require(SRVRecord(data))
        #expect(
            record
                == SRVRecord(priority: 10, weight: 60, port: 5269, target: "xmpp.capulet.example")
        )
        #expect("\(record)" == "10 60 5269 xmpp.capulet.example.")
        #expect(SRVRecord([0, 0, 0, 0, 0, 0, 0])?.target == "")
    }

    @Test(
        arguments: [
            [],
            [0, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 1],  // A label longer than what is there
            [0, 0, 0, 0, 0, 0, 1, 97],  // No root
            [0, 0, 0, 0, 0, 0, 0, 0],  // Something behind the root
            [0, 0, 0, 0, 0, 0, 0xC0, 12],  // A pointer
            [0, 0, 0, 0, 0, 0, 3, 97, 46, 98, 0],  // A dot in a label
            [0, 0, 0, 0, 0, 0, 1, 0, 0],  // A zero byte in a label
            [0, 0, 0, 0, 0, 0] + String(repeating: "abcdefg.", count: 32).wireName,  // Too long
        ] as [[UInt8]]
    )
    func `refuses what is no record`(data: [UInt8]) {
        #expect(SRVRecord(data) == nil)
    }

    @Test func `reads anything without harm`() {
        var chance = SplitMix(state: 6120)
        for _ in 0..<20_000 {
            let data = (0..<Int.random(in: 0...24, using: &chance)).map { _ in
                UInt8.random(in: 0...255, using: &chance)
                    & (Bool.random(using: &chance) ? 7 : 255)
            }
            if let record = SRVRecord(data) {
                #expect(record.target.utf8.allSatisfy { $0 > 32 && $0 < 127 })
            }
            if let record = TLSARecord(data) { #expect(record.association.count == data.count - 3) }
        }
    }

    /// What RFC 2782 asks of any order: all of them, each once, by priority; one seed, one order.
    @Test(arguments: 0..<200)
    func `keeps priorities and loses none`(seed: UInt64) {
        var chance = SplitMix(state: seed)
        let records = (0..<Int.random(in: 0...40, using: &chance)).map { number in
            SRVRecord(
                priority: UInt16.random(in: 0...3, using: &chance),
                weight: UInt16.random(in: 0...4, using: &chance) * 16_383,
                port: UInt16(number),
                target: "t"
            )
        }
        var again = chance
        let limit = Int.random(in: 0...50, using: &again)
        again = chance
        let order = SRVOrder.sorted(records, by: \.self, limit: .max, using: &chance)
        #expect(Set(order) == Set(records))
        #expect(order.count == records.count)
        #expect(order.map(\.priority) == records.map(\.priority).sorted())
        let first = SRVOrder.sorted(records, by: \.self, limit: limit, using: &again)
        #expect(first == Array(order.prefix(limit)))
    }

    @Test func `chooses by weight, and one of no weight seldom`() {
        let weights: [UInt16] = [0, 10, 30, 60]
        let records = weights.map { SRVRecord(priority: 1, weight: $0, port: $0, target: "t") }
        var chance = SplitMix(state: 2782)
        var first: [UInt16: Int] = [:]
        var second: [UInt16: Int] = [:]
        for _ in 0..<20_000 {
            let order = SRVOrder.sorted(records, by: \.self, limit: .max, using: &chance)
            first[order[0].weight, default: 0] += 1
            if order[0].weight == 60 { second[order[1].weight, default: 0] += 1 }
        }
        // Chance leads to the first of the list by 0, one number of 101.
        #expect(abs(first[0, default: 0] - 198) < 60)
        #expect(abs(first[10, default: 0] - 1980) < 200)
        #expect(abs(first[30, default: 0] - 5941) < 300)
        #expect(abs(first[60, default: 0] - 11_881) < 300)
        // The weights of those left decide about the second place: 30 to 10.
        let ratio = Double(second[30, default: 0]) / Double(second[10, default: 0])
        #expect(abs(ratio - 3) < 0.3)
    }
}
