import MartletCore
import MartletStorage
import Testing

private let owner = Owner(romeo)

@Suite struct `Batches` {
    @Test(arguments: Driver.all)
    func `do all in order, and see what they did`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let entry = NewLogEntry(time: at(5), value: [7])
            let outcomes = try await store.perform(
                [
                    .get(key: "k", in: "c"), .put(key: "k", in: "c", value: [1]),
                    .get(key: "k", in: "c"), .append([entry], to: "l"),
                    .query(LogQuery(limit: 9), in: "l"), .size(of: "l"),
                    .delete(key: "k", in: "c"), .list(in: "c", limit: 9),
                    .countDocuments(in: "c"),
                ],
                of: owner
            )
            try #require(outcomes.count == 9)
            let version = try outcomes[1].version
            let id = try #require(try outcomes[3].ids.first)
            #expect(try outcomes[0].document == nil)
            #expect(try outcomes[2].document?.version == version)
            #expect(try outcomes[4].page.entries.map(\.id) == [id])
            #expect(try outcomes[5].size == LogSize(count: 1, bytes: 1))
            #expect(try outcomes[6].count == 1)
            #expect(try outcomes[7].documents.isEmpty)
            #expect(try outcomes[8].count == 0)
            #expect(throws: StorageError.self) { try outcomes[8].page }
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: Driver.all)
    func `tell who does not wait what came of it`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let put = Operation.put(key: "k", in: "c", value: [1], if: .absent)
            let tooMany = Array(repeating: put, count: StoreBounds.batchCount + 1)
            var failures: [StorageError?] = []
            for operations in [[put], [put], tooMany] {
                let (results, told) = AsyncStream<StorageError?>.makeStream()
                store.perform(operations, of: owner) { result in
                    if case .failure(let error) = result {
                        told.yield(error)
                    } else {
                        told.yield(nil)
                    }
                    told.finish()
                }
                for await failure in results { failures.append(failure) }
            }
            #expect(failures == [nil, .conflict, .invalid("too many operations")])
            #expect(try await store.document("k", in: "c", of: owner)?.value == [1])
        }
    }

    @Test(arguments: Driver.all)
    func `undo everything when one operation fails`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await store.putDocument("old", in: "c", of: owner, value: [1])
            try await store.append(
                [NewLogEntry(id: 5, time: at(1), value: [1])],
                to: "l",
                of: owner
            )
            await #expect(throws: StorageError.conflict) {
                try await store.perform(
                    [
                        .put(key: "new", in: "c", value: [2]),
                        .put(key: "new", in: "another", value: [2]),
                        .delete(key: "old", in: "c"),
                        .append([NewLogEntry(id: 6, time: at(2), value: [2])], to: "l"),
                        .trim(.toNewest(0), in: "l"),
                        .put(key: "new", in: "c", value: [3], if: .absent),
                    ],
                    of: owner
                )
            }
            #expect(try await store.document("new", in: "c", of: owner) == nil)
            #expect(try await store.document("new", in: "another", of: owner) == nil)
            #expect(try await store.document("old", in: "c", of: owner)?.value == [1])
            let page = try await store.query(LogQuery(limit: 9), in: "l", of: owner)
            #expect(page.entries.map(\.id) == [5])
            #expect(try await store.size(of: "l", of: owner) == LogSize(count: 1, bytes: 1))
            // What was undone is no obstacle.
            try await store.putDocument("new", in: "another", of: owner, value: [4])
            #expect(try await store.document("new", in: "another", of: owner)?.value == [4])
        }
    }

    @Test(arguments: Driver.all)
    func `of nothing give nothing`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            #expect(try await store.perform([], of: owner).isEmpty)
            #expect(try await store.append([], to: "l", of: owner).isEmpty)
        }
    }

    @Test(arguments: Driver.all)
    func `past a bound are refused`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            for (index, operations) in tooLarge.enumerated() {
                do throws(StorageError) {
                    _ = try await store.perform(operations, of: owner)
                    Issue.record("case \(index) was taken")
                } catch {
                    guard case .invalid = error else { throw error }
                }
            }
        }
    }

    @Test(arguments: Driver.all)
    func `at a bound are taken`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let text = String(repeating: "x", count: StoreBounds.textBytes)
            let owner = Owner(domain: text, name: text)
            let entry = NewLogEntry(id: 1, time: at(1), columns: [text: text], value: [])
            let query = LogQuery([.column(text, .equal(text))], limit: 1)
            let outcomes = try await store.perform(
                [
                    .put(key: text, in: text, value: []), .append([entry], to: text),
                    .query(query, in: text),
                ],
                of: owner
            )
            #expect(try outcomes.last?.page.entries.first?.columns == [text: text])
        }
    }
}

private let long = String(repeating: "x", count: StoreBounds.textBytes + 1)
private let many = StoreBounds.batchCount + 1

private let tooLarge: [[Operation]] = [
    Array(repeating: .size(of: "l"), count: many),
    [.get(key: long, in: "c")],
    [.get(key: "k", in: long)],
    [.list(in: "c", prefix: long, limit: 1)],
    [.list(in: "c", limit: -1)],
    [.put(key: "k", in: "c", value: Array(repeating: 0, count: StoreBounds.valueBytes + 1))],
    [.append([NewLogEntry(id: 0, time: at(1), value: [])], to: "l")],
    [.append([NewLogEntry(id: -1, time: at(1), value: [])], to: "l")],
    [.append([NewLogEntry(time: at(1), columns: ["a": long], value: [])], to: "l")],
    [.append(Array(repeating: NewLogEntry(time: at(1), value: []), count: many), to: "l")],
    [
        .append(
            [
                NewLogEntry(
                    time: at(1),
                    columns: Dictionary(uniqueKeysWithValues: (0...8).map { ("\($0)", "") }),
                    value: []
                )
            ],
            to: "l"
        )
    ],
    [.query(LogQuery(limit: -1), in: "l")],
    [.query(LogQuery([.column("a", .prefix(long))], limit: 1), in: "l")],
    [.query(LogQuery([.ids(Array(repeating: 1, count: many))], limit: 1), in: "l")],
    [.query(LogQuery(Array(repeating: .ids([1]), count: 9), limit: 1), in: "l")],
    [.removeEntries(Array(repeating: 1, count: many), from: "l")],
    [.trim(.toNewest(-1), in: "l")],
]
