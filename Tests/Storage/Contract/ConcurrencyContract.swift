import MartletCore
import MartletStorage
import Testing

private let owner = Owner(romeo)

@Suite struct `Many tasks at once` {
    @Test(arguments: Driver.all)
    func `agree on who changed a document from one version to the next`(driver: Driver)
        async throws
    {
        try await driver.withStore { store async throws in
            let zero = counter(0)
            let start = try await store.putDocument("k", in: "c", of: owner, value: zero)
            let wins = await withTaskGroup(of: [Int64].self) { group in
                for _ in 0..<100 { group.addTask { await increment(in: store, times: 3) } }
                return await group.reduce(into: []) { $0 += $1 }
            }
            let final = try #require(try await store.document("k", in: "c", of: owner))
            #expect(final.value == counter(300))
            #expect(wins.count == 300 && Set(wins).count == 300)
            #expect(wins.max() == final.version && start < (wins.min() ?? 0))
        }
    }

    @Test(arguments: Driver.all)
    func `create an account once`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let created = await withTaskGroup(of: Int.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let account = Account(romeo, verifiers: ["number": "\(number)"])
                        do throws(StorageError) {
                            try await store.createAccount(account)
                            return 1
                        } catch { return error == .conflict ? 0 : -100 }
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(created == 1)
        }
    }

    @Test(arguments: Driver.all)
    func `append to one log without losing or mixing anything`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<20 {
                    group.addTask {
                        for number in 0..<20 {
                            let columns = ["with": "w\(writer)"]
                            let entry = NewLogEntry(
                                time: at(Int64(number)),
                                columns: columns,
                                value: [UInt8(writer), UInt8(number)]
                            )
                            try await store.append([entry], to: "l", of: owner)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let all = try await store.query(LogQuery(limit: 999), in: "l", of: owner)
            #expect(Set(all.entries.map(\.id)).count == 400)
            for writer in 0..<20 {
                let query = LogQuery([.column("with", .equal("w\(writer)"))], limit: 99)
                let page = try await store.query(query, in: "l", of: owner)
                #expect(page.entries.map(\.value) == (0..<20).map { [UInt8(writer), $0] })
            }
        }
    }

    @Test(arguments: Driver.all)
    func `append in the order in which one thread asked, though it did not wait`(driver: Driver)
        async throws
    {
        try await driver.withStore { store async throws in
            let (answers, answer) = AsyncStream.makeStream(of: (Int, Int64?).self)
            // Those that are short would be through before the long ones that they stand behind.
            let counts = (0..<20).map { $0.isMultiple(of: 2) ? 500 : 1 }
            for (number, count) in counts.enumerated() {
                let entry = NewLogEntry(
                    time: at(0),
                    columns: ["with": "x", "id": ""],
                    value: bytes("\(number)")
                )
                let append = Operation.append(Array(repeating: entry, count: count), to: "l")
                store.perform([append], of: owner) { result in
                    answer.yield((number, try? result.get().first?.ids.first))
                }
            }
            var firsts = Array(repeating: Int64?.none, count: counts.count)
            for await (number, id) in answers.prefix(counts.count) { firsts[number] = id }
            let ids = firsts.compactMap(\.self)
            #expect(ids.count == counts.count && ids == ids.sorted())
            let page = try await store.query(LogQuery(limit: 9_999), in: "l", of: owner)
            let expected = counts.enumerated().flatMap {
                Array(repeating: bytes("\($0)"), count: $1)
            }
            #expect(page.entries.map(\.value) == expected)
        }
    }

    @Test(arguments: Driver.all)
    func `fail alone`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await store.putDocument("taken", in: "c", of: owner, value: [0])
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask { await putAndFail(number, in: store) }
                }
            }
            #expect(try await store.countDocuments(in: "c", of: owner) == 101)
            #expect(try await store.document("taken", in: "c", of: owner)?.value == [0])
        }
    }

    @Test(arguments: Driver.all)
    func `see their own writes, and batches only as a whole`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for number in 1...100 {
                        let value = [UInt8(number)]
                        let outcomes = try await store.perform(
                            ["a", "b"].map { .put(key: $0, in: "c", value: value) },
                            of: owner
                        )
                        let read = try await store.document("b", in: "c", of: owner)
                        #expect(try read?.version == outcomes[1].version)
                    }
                }
                group.addTask {
                    for _ in 0..<100 {
                        let reads = ["a", "b"].map { Operation.get(key: $0, in: "c") }
                        let outcomes = try await store.perform(reads, of: owner)
                        #expect(
                            try outcomes[0].document?.value == outcomes[1].document?.value
                        )
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: Driver.all)
    func `are all answered when the store closes under them`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        do throws(StorageError) {
                            let key = "\(number)"
                            try await store.putDocument(key, in: "c", of: owner, value: [])
                        } catch {
                            #expect(error == .unavailable("it is closed"))
                        }
                    }
                }
                group.addTask { await store.close() }
            }
            await store.close()
        }
    }
}

private func counter(_ count: Int) -> [UInt8] { bytes("\(count)") }

/// Adds one to the document by compare-and-set, and gives the versions that it made.
private func increment(in store: any Store, times: Int) async -> [Int64] {
    var wins: [Int64] = []
    while wins.count < times {
        do throws(StorageError) {
            guard let old = try await store.document("k", in: "c", of: owner) else { return wins }
            let count = Int(String(decoding: old.value, as: UTF8.self)) ?? 0
            wins.append(
                try await store.putDocument(
                    "k",
                    in: "c",
                    of: owner,
                    value: counter(count + 1),
                    ifVersion: .exactly(old.version)
                )
            )
        } catch {
            guard error == .conflict else { return wins }
        }
    }
    return wins
}

/// Even numbers put two documents; odd ones put one and then fail, so that none may be kept.
private func putAndFail(_ number: Int, in store: any Store) async {
    let condition = number.isMultiple(of: 2) ? VersionCondition.any : .absent
    let key = number.isMultiple(of: 2) ? "second \(number)" : "taken"
    do throws(StorageError) {
        _ = try await store.perform(
            [
                .put(key: "first \(number)", in: "c", value: [1]),
                .delete(key: "first \(number)", in: "c"),
                .put(key: key, in: "c", value: [2], if: condition),
            ],
            of: owner
        )
        #expect(number.isMultiple(of: 2))
    } catch {
        #expect(error == .conflict && !number.isMultiple(of: 2))
    }
}
