import MartletCore
import MartletStorage
import MartletStoragePostgreSQL
import Testing

private let owner = Owner(romeo)

@Suite struct `Two nodes on one PostgreSQL database` {
    /// Opens two stores on one schema.
    private func withNodes(
        _ body: (PostgreSQLStore, PostgreSQLStore, PostgreSQLPlace) async throws -> Void
    ) async throws {
        let place = try await PostgreSQLPlace()
        async let second = place.open { at(1_000_000) }
        let (one, other) = (try await place.open { at(1_000_000) }, try await second)
        let result: Result<Void, any Error>
        do { result = .success(try await body(one, other, place)) } catch {
            result = .failure(error)
        }
        await one.close()
        await other.close()
        try result.get()
    }

    @Test func `take the migrations once`() async throws {
        try await withNodes { _, _, place async throws in
            #expect(try await place.sql("SELECT version FROM martlet_migration") == "1\n2\n")
        }
    }

    @Test func `see what the other wrote`() async throws {
        try await withNodes { one, other, _ async throws in
            try await one.createAccount(Account(romeo))
            #expect(try await other.account(romeo) != nil)
            let version = try await one.putDocument("k", in: "c", of: owner, value: [1])
            let changed = try await other.putDocument(
                "k",
                in: "c",
                of: owner,
                value: [2],
                ifVersion: .exactly(version)
            )
            #expect(changed > version)
            await #expect(throws: StorageError.conflict) {
                try await one.putDocument(
                    "k",
                    in: "c",
                    of: owner,
                    value: [3],
                    ifVersion: .exactly(version)
                )
            }
        }
    }

    /// While one draws numbers, the other sets them forward: none comes twice, and none goes back.
    @Test func `never give a number twice while they are set forward`() async throws {
        try await withNodes { one, other, _ async throws in
            let drawn = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for (task, store) in [one, other, one, other].enumerated() {
                    group.addTask {
                        var numbers: [Int64] = []
                        for round in 0..<40 {
                            let own = Owner(domain: "x.example", name: "\(task)")
                            let number = try await store.putDocument(
                                "\(round)",
                                in: "c",
                                of: own,
                                value: []
                            )
                            numbers.append(number)
                            // Near to where the numbers are, so that they meet.
                            try await store.skipNumbers(through: number + Int64(round % 5))
                        }
                        return numbers
                    }
                }
                return try await group.reduce(into: [[Int64]]()) { $0.append($1) }
            }
            let all = drawn.flatMap { $0 }
            #expect(Set(all).count == 160)
            for numbers in drawn { #expect(numbers == numbers.sorted()) }
            #expect(try await one.newestNumber() == other.newestNumber())
        }
    }

    @Test func `write for an owner that the other has just removed`() async throws {
        try await withNodes { one, other, _ async throws in
            let entry = NewLogEntry(time: at(1), columns: ["with": "x"], value: [1])
            var last: Int64 = 0
            for _ in 0..<20 {
                let id = try await one.append([entry], to: "l", of: owner)[0]
                #expect(id > last)
                last = id
                try await one.putDocument("k", in: "c", of: owner, value: [1])
                try await other.removeAll(of: owner)
                #expect(try await one.size(of: "l", of: owner) == LogSize())
                #expect(try await one.countDocuments(in: "c", of: owner) == 0)
            }
        }
    }

    @Test func `append to the same logs while owners come and go`() async throws {
        try await withNodes { one, other, _ async throws in
            let entry = NewLogEntry(time: at(1), columns: ["with": "x"], value: [1])
            let others = (0..<8).map { Owner(domain: "x.example", name: "\($0)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for store in [one, other] {
                    for task in 0..<8 {
                        group.addTask {
                            for round in 0..<12 {
                                try await store.append([entry], to: "l", of: owner)
                                let gone = others[(task + round) % 8]
                                try await store.append([entry], to: "l", of: gone)
                                if round % 4 == 3 { try await store.removeAll(of: gone) }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let page = try await one.query(
                LogQuery(limit: 999, wantsTotal: true),
                in: "l",
                of: owner
            )
            #expect(page.entries.count == 192 && page.total == 192)
            #expect(Set(page.entries.map(\.id)).count == 192)
            for other in others {
                let query = LogQuery([.column("with", .equal("x"))], limit: 999)
                let count = try await one.query(query, in: "l", of: other).entries.count
                #expect(try await one.size(of: "l", of: other).count == count)
            }
        }
    }

    @Test func `agree on who changed a document`() async throws {
        try await withNodes { one, other, _ async throws in
            try await one.putDocument("k", in: "c", of: owner, value: bytes("0"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask { try await increment(in: number % 2 == 0 ? one : other) }
                }
                try await group.waitForAll()
            }
            #expect(try await one.document("k", in: "c", of: owner)?.value == bytes("20"))
        }
    }

    @Test func `create an account once`() async throws {
        try await withNodes { one, other, _ async throws in
            let made = await withTaskGroup(of: Int.self) { group in
                for number in 0..<20 {
                    let store = number % 2 == 0 ? one : other
                    group.addTask {
                        (try? await store.createAccount(Account(romeo))) == nil ? 0 : 1
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(made == 1)
        }
    }

    @Test func `free the space of removed owners`() async throws {
        try await withNodes { one, _, place async throws in
            let entries = (0..<1000).map { _ in
                NewLogEntry(time: at(1), columns: ["with": "x"], value: [1])
            }
            try await one.append(entries, to: "l", of: owner)
            try await one.putDocument("k", in: "c", of: owner, value: [1])
            try await one.setRosterItem(RosterItem(juliet), of: romeo)
            try await one.removeAll(of: owner)
            await one.close()  // Lets the portion under way finish; the next node does the rest.
            let next = try await place.open { at(1_000_000) }
            let left = """
                SELECT (SELECT count(*) FROM entry) + (SELECT count(*) FROM entry_text)
                + (SELECT count(*) FROM document) + (SELECT count(*) FROM roster_item)
                + (SELECT count(*) FROM removed_log) + (SELECT count(*) FROM removed_owner)
                """
            var rows = ""
            for _ in 0..<500 where rows != "0\n" { rows = try await place.sql(left) }
            #expect(rows == "0\n")
            await next.close()
        }
    }
}

/// Adds one to the document by compare-and-set.
private func increment(in store: any Store) async throws {
    while true {
        guard let old = try await store.document("k", in: "c", of: owner) else { return }
        let count = (Int(String(decoding: old.value, as: UTF8.self)) ?? 0) + 1
        do throws(StorageError) {
            _ = try await store.putDocument(
                "k",
                in: "c",
                of: owner,
                value: bytes("\(count)"),
                ifVersion: .exactly(old.version)
            )
            return
        } catch {
            guard error == .conflict else { throw error }
        }
    }
}

@Suite struct `A PostgreSQL schema` {
    @Test func `that is newer is refused, and left as it is`() async throws {
        let place = try await PostgreSQLPlace()
        await (try await place.open { at(1) }).close()
        try await place.sql("INSERT INTO martlet_migration VALUES (99)")
        do throws(StorageError) {
            await (try await PostgreSQLStore.open(url: place.url)).close()
            Issue.record("it was opened")
        } catch {
            guard case .incompatible(let reason) = error else { throw error }
            #expect(reason.contains("version 99"))
        }
        #expect(try await place.sql("SELECT max(version) FROM martlet_migration") == "99\n")
    }

    @Test func `of another program is refused, and left as it is`() async throws {
        let place = try await PostgreSQLPlace()
        try await place.sql("CREATE TABLE owner (id integer)")
        do throws(StorageError) {
            await (try await PostgreSQLStore.open(url: place.url)).close()
            Issue.record("it was opened")
        } catch {
            guard case .incompatible = error else { throw error }
        }
        let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
        #expect(try await place.sql(tables) == "1\n")
    }

    @Test func `of the first version is kept, and brought to the newest`() async throws {
        let place = try await PostgreSQLPlace()
        let first = try await place.open { at(1) }
        let version = try await first.putDocument("k", in: "c", of: owner, value: [7])
        await first.close()
        try await place.sql(
            "DROP FUNCTION skip_numbers; DELETE FROM martlet_migration WHERE version > 1"
        )
        let second = try await place.open { at(1) }
        #expect(try await second.document("k", in: "c", of: owner)?.value == [7])
        #expect(try await second.newestNumber() == version)
        try await second.skipNumbers(through: 900)
        #expect(try await second.putDocument("k", in: "c", of: owner, value: []) > 900)
        await second.close()
    }

    @Test func `holds what was written when it is opened again`() async throws {
        let place = try await PostgreSQLPlace()
        let first = try await place.open { at(1) }
        try await first.putDocument("k", in: "c", of: owner, value: [7])
        await first.close()
        let second = try await place.open { at(1) }
        #expect(try await second.document("k", in: "c", of: owner)?.value == [7])
        await second.close()
    }

    @Test func `that refuses one call of a group keeps the others`() async throws {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1) }
        try await place.sql("ALTER TABLE document ADD CHECK (key <> 'bad'::bytea)")
        let failures = await withTaskGroup(of: Int.self) { group in
            for number in 0..<40 {
                let key = number == 17 ? "bad" : "\(number)"
                group.addTask {
                    let put = try? await store.putDocument(key, in: "c", of: owner, value: [1])
                    return put == nil ? 1 : 0
                }
            }
            return await group.reduce(0, +)
        }
        #expect(failures == 1)
        #expect(try await store.countDocuments(in: "c", of: owner) == 39)
        await store.close()
    }
}
