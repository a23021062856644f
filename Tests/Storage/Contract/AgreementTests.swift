import MartletCore
import MartletStorage
import Testing

/// Random calls from a seed, the same to two stores: what the one answers, the other answers too.
@Suite struct `Two stores` {
    @Test(arguments: Driver.all.dropFirst(), 1...6 as ClosedRange<UInt64>)
    func `answer alike`(driver: Driver, seed: UInt64) async throws {
        let clock = Clock()
        let model = MemoryStore(now: { clock.now })
        try await driver.withStore(clock: clock) { store async throws in
            var chance = Chance(seed: seed)
            for step in 0..<400 {
                let owner = chance.pick([Owner(romeo), Owner(otherRomeo), Owner(domain: "x")])
                let operations = (0..<chance.below(4)).map { _ in chance.operation() }
                let expected = await answer(of: model, operations, owner)
                let actual = await answer(of: store, operations, owner)
                try #require(actual == expected, "seed \(seed), step \(step): \(operations)")
                if chance.below(40) == 0 {
                    try await model.removeAll(of: owner)
                    try await store.removeAll(of: owner)
                }
                clock.advance(seconds: Int64(chance.below(2)))
            }
        }
    }
}

private func answer(of store: any Store, _ operations: [Operation], _ owner: Owner) async
    -> Result<[Outcome], StorageError>
{
    do throws(StorageError) {
        let outcomes = try await store.perform(operations, of: owner)
        return .success(outcomes.map(\.withoutVersions))
    } catch {
        return .failure(error)
    }
}

extension Outcome {
    /// Versions grow, but by how much is each driver's affair.
    fileprivate var withoutVersions: Outcome {
        switch self {
        case .document(var document):
            document?.version = 0
            return .document(document)
        case .documents(let documents):
            return .documents(
                documents.map {
                    var document = $0
                    document.version = 0
                    return document
                }
            )
        case .version: return .version(0)
        default: return self
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014), and what the tests draw from it.
private struct Chance {
    private var state: UInt64
    private var lastID: Int64 = 0
    /// Whether times go back now and then: on every other seed.
    private let goesBack: Bool

    init(seed: UInt64) {
        state = seed
        goesBack = seed.isMultiple(of: 2)
    }

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }

    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

    private mutating func text() -> String { pick(["", "a", "ab", "b", "é", "%", "a\u{0}"]) }

    mutating func operation() -> Operation {
        let place = pick(["c", "d"])
        switch below(13) {
        case 0: return .get(key: text(), in: place)
        case 1: return .list(in: place, prefix: text(), after: maybeText(), limit: below(5))
        case 2: return .countDocuments(in: place)
        case 3, 4: return put(place)
        case 5: return .delete(key: text(), in: place, if: pick([.any, .any, .absent]))
        case 6, 7, 8: return .append((0..<below(4)).map { _ in entry() }, to: place)
        case 9, 10: return .query(query(), in: place)
        case 11: return .removeEntries((0..<below(4)).map { _ in id() }, from: place)
        default: return .trim(trim(), in: place)
        }
    }

    private mutating func maybeText() -> String? { below(2) == 0 ? nil : text() }

    private mutating func put(_ place: String) -> Operation {
        let expires = below(3) == 0 ? at(Int64(below(600)) * 1_000_000) : nil
        let value = [UInt8(below(256))]
        return .put(
            key: text(),
            in: place,
            value: value,
            if: pick([.any, .absent]),
            expires: expires
        )
    }

    private mutating func id() -> Int64 { max(1, lastID - Int64(below(20))) }

    /// Mostly in order, sometimes a step back in time, rarely an id that is not above the last.
    private mutating func entry() -> NewLogEntry {
        lastID += below(30) == 0 ? 0 : 1
        let time = lastID - (goesBack && below(3) == 0 ? Int64(below(12)) : 0)
        var columns: [String: String] = [:]
        for column in ["x", "y"] where below(3) > 0 { columns[column] = text() }
        return NewLogEntry(
            id: max(1, lastID),
            time: at(time),
            columns: columns,
            value: Array(repeating: 1, count: below(4))
        )
    }

    private mutating func query() -> LogQuery {
        LogQuery(
            (0..<below(3)).map { _ in filter() },
            after: below(2) == 0 ? nil : id(),
            before: below(3) > 0 ? nil : id(),
            limit: below(6),
            isBackwards: below(2) == 0,
            wantsTotal: below(2) == 0
        )
    }

    private mutating func filter() -> LogFilter {
        switch below(5) {
        case 0: .ids((0..<below(6)).map { _ in id() })
        case 1: .time(from: below(2) == 0 ? nil : at(id()), through: below(2) == 0 ? nil : at(id()))
        default: .column(pick(["x", "y", "z"]), test())
        }
    }

    private mutating func test() -> TextTest {
        switch below(8) {
        case 0: .less(text())
        case 1: .atMost(text())
        case 2: .greater(text())
        case 3: .atLeast(text())
        case 4: .prefix(text())
        case 5: .oneOf((0..<below(4)).map { _ in text() })
        default: .equal(text())
        }
    }

    private mutating func trim() -> LogTrim {
        switch below(3) {
        case 0: .before(at(id() - 10))
        case 1: .toNewest(15 + below(10))
        default: .through(id() - 10)
        }
    }
}
