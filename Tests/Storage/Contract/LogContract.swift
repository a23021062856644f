import MartletCore
import MartletStorage
import Testing

private let owner = Owner(romeo)

@Suite struct `Logs` {
    @Test(arguments: Driver.all)
    func `give entries back in the order of the appends`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let entries = (0..<5).map {
                NewLogEntry(
                    time: at(Int64(100 - $0)),
                    columns: ["with": "x\($0)", "id": ""],
                    value: [UInt8($0), 0]
                )
            }
            let first = try await store.append(Array(entries[..<3]), to: "l", of: owner)
            let second = try await store.append(Array(entries[3...]), to: "l", of: owner)
            let ids = first + second
            #expect(ids == ids.sorted() && Set(ids).count == 5)
            let page = try await store.query(LogQuery(limit: 9), in: "l", of: owner)
            let expected = zip(ids, entries).map { id, entry in
                LogEntry(id: id, time: entry.time, columns: entry.columns, value: entry.value)
            }
            #expect(page == LogPage(entries: expected))
            #expect(page.first == ids.first && page.last == ids.last)
        }
    }

    @Test(arguments: Driver.all)
    func `take the caller's ids when they grow`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            #expect(try await append([7, 9], in: store) == [7, 9])
            for ids in [[9], [8], [10, 10], [12, 11]] as [[Int64]] {
                await #expect(throws: StorageError.conflict) { try await append(ids, in: store) }
            }
            let made = try await append([nil], in: store)
            #expect(made[0] > 9)
            #expect(try await append([made[0] + 1], in: store) == [made[0] + 1])
            let large = Int64.max - 5
            #expect(try await append([large], in: store) == [large])
            #expect(try await stored(in: store).count == 5)
        }
    }

    @Test(arguments: Driver.all)
    func `never use an id twice`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let first = try await append([nil, nil, nil], in: store)
            try await store.removeEntries(first, from: "l", of: owner)
            let second = try await append([nil], in: store)
            #expect(second[0] > first[2])
            try await store.trim(.toNewest(0), in: "l", of: owner)
            await #expect(throws: StorageError.conflict) {
                try await append([second[0]], in: store)
            }
            try await store.removeAll(of: owner)
            #expect(try await append([nil], in: store)[0] > second[0])
        }
    }

    @Test(arguments: Driver.all)
    func `of others are left alone`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let entry = NewLogEntry(id: 1, time: at(1), columns: ["a": "b"], value: [1])
            let owners = [owner, Owner(otherRomeo), Owner(domain: "montague.example")]
            for owner in owners {
                try await store.append([entry], to: "l", of: owner)
                try await store.append([entry], to: "m", of: owner)
            }
            try await store.trim(.toNewest(0), in: "l", of: owner)
            #expect(try await store.size(of: "l", of: owner).count == 0)
            #expect(try await store.size(of: "m", of: owner).count == 1)
            for other in owners.dropFirst() {
                let query = LogQuery([.column("a", .equal("b"))], limit: 9)
                let page = try await store.query(query, in: "l", of: other)
                #expect(page.entries.count == 1)
            }
        }
    }

    @Test(arguments: Driver.all)
    func `know their size`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            #expect(try await store.size(of: "l", of: owner) == LogSize())
            let entries = (1...4).map {
                NewLogEntry(id: $0, time: at(1), value: Array(repeating: 0, count: Int($0)))
            }
            try await store.append(entries, to: "l", of: owner)
            #expect(try await store.size(of: "l", of: owner) == LogSize(count: 4, bytes: 10))
            try await store.removeEntries([2, 2, 99], from: "l", of: owner)
            #expect(try await store.size(of: "l", of: owner) == LogSize(count: 3, bytes: 8))
            try await store.trim(.through(1), in: "l", of: owner)
            #expect(try await store.size(of: "l", of: owner) == LogSize(count: 2, bytes: 7))
        }
    }

    @Test(arguments: Driver.all)
    func `lose single entries, and what columns said of them`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await append([1, 2, 3], column: "x", in: store)
            #expect(try await store.removeEntries([2, 4], from: "l", of: owner) == 1)
            #expect(try await store.removeEntries([2], from: "l", of: owner) == 0)
            #expect(try await store.removeEntries([], from: "l", of: owner) == 0)
            #expect(try await store.removeEntries([1], from: "never", of: owner) == 0)
            let query = LogQuery([.column("with", .equal("x"))], limit: 9, wantsTotal: true)
            let page = try await store.query(query, in: "l", of: owner)
            #expect(page.entries.map(\.id) == [1, 3] && page.total == 2)
        }
    }

    @Test(
        arguments: Driver.all,
        [
            (LogTrim.before(at(30)), [3, 4, 5]), (.before(at(0)), [1, 2, 3, 4, 5]),
            (.before(at(99)), []), (.toNewest(2), [4, 5]), (.toNewest(0), []),
            (.toNewest(5), [1, 2, 3, 4, 5]), (.toNewest(.max), [1, 2, 3, 4, 5]),
            (.through(3), [4, 5]), (.through(0), [1, 2, 3, 4, 5]), (.through(.max), []),
        ] as [(LogTrim, [Int64])]
    )
    func `are trimmed by time, count or id`(driver: Driver, testCase: (LogTrim, [Int64]))
        async throws
    {
        try await driver.withStore { store async throws in
            let entries = (1...5).map {
                NewLogEntry(id: $0, time: at($0 * 10), columns: ["with": "x"], value: [1])
            }
            try await store.append(entries, to: "l", of: owner)
            let removed = try await store.trim(testCase.0, in: "l", of: owner)
            #expect(removed == 5 - testCase.1.count)
            #expect(try await stored(in: store) == testCase.1)
            let query = LogQuery([.column("with", .equal("x"))], limit: 9)
            let page = try await store.query(query, in: "l", of: owner)
            #expect(page.entries.map(\.id) == testCase.1)
            #expect(try await store.size(of: "l", of: owner).count == testCase.1.count)
            #expect(try await store.trim(testCase.0, in: "never", of: owner) == 0)
        }
    }

    @Test(arguments: Driver.all)
    func `are trimmed by portions`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let portion = StoreBounds.batchCount
            for start in stride(from: 0, to: StoreBounds.trimCount + portion, by: portion) {
                let ids = (1...portion).map { Int64(start + $0) }
                try await append(ids, in: store)
            }
            let first = try await store.trim(.toNewest(1), in: "l", of: owner)
            #expect(first == StoreBounds.trimCount)
            #expect(try await store.trim(.toNewest(1), in: "l", of: owner) == portion - 1)
            #expect(try await stored(in: store) == [Int64(StoreBounds.trimCount + portion)])
        }
    }

    @Test(arguments: Driver.all)
    func `hold large and empty values`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let values = [[], [0, 0], Array(repeating: 7, count: 1 << 20)] as [[UInt8]]
            for value in values {
                try await store.append([NewLogEntry(time: at(0), value: value)], to: "l", of: owner)
            }
            let page = try await store.query(LogQuery(limit: 9), in: "l", of: owner)
            #expect(page.entries.map(\.value) == values)
            #expect(try await store.size(of: "l", of: owner).bytes == (1 << 20) + 2)
        }
    }
}

@discardableResult
private func append(_ ids: [Int64?], column: String? = nil, in store: any Store)
    async throws -> [Int64]
{
    let columns = column.map { ["with": $0] } ?? [:]
    let entries = ids.map { NewLogEntry(id: $0, time: at(1), columns: columns, value: [1]) }
    return try await store.append(entries, to: "l", of: owner)
}

private func stored(in store: any Store) async throws -> [Int64] {
    try await store.query(LogQuery(limit: .max), in: "l", of: owner).entries.map(\.id)
}
