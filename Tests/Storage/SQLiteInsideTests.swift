import MartletCore
import MartletStorage
import Testing

@testable import MartletStorageSQLite

private let owner = Owner(romeo)

@Suite struct `Inside the SQLite store` {
    @Test func `a removed account loses its rows when there is time`() async throws {
        let place = try Place()
        let store = try SQLiteStore(path: place.file)
        try await store.createAccount(Account(romeo))
        try await store.createAccount(Account(otherRomeo))
        for jid in [romeo, otherRomeo] {
            try await store.setRosterItem(RosterItem(juliet), of: jid)
            let entries = (0..<700).map {
                NewLogEntry(time: at($0), columns: ["a": "b", "c": "\($0)"], value: [1])
            }
            for log in ["l", "m"] { try await store.append(entries, to: log, of: Owner(jid)) }
            try await store.perform(
                (0..<300).map { .put(key: "\($0)", in: "c", value: [1]) },
                of: Owner(jid)
            )
        }
        await store.close()

        let database = try Opening(path: place.file, options: SQLiteOptions()).writer()
        let before = try counts(in: database)
        try database.transaction { () throws(StorageError) in try database.removeAccount(romeo) }
        var rounds = 0
        while try database.transaction({ () throws(StorageError) in
            try database.purgeRemovedOwners()
        }) {
            rounds += 1
        }
        #expect(rounds > 5, "each a small transaction")
        #expect(try counts(in: database) == before.map { $0 / 2 })
    }

    @Test func `removed entries leave nothing in the index of texts`() async throws {
        let place = try Place()
        let store = try SQLiteStore(path: place.file)
        let entries = (1...6).map {
            NewLogEntry(id: $0, time: at($0), columns: ["a": "b", "c": "\($0)"], value: [1])
        }
        try await store.append(entries, to: "l", of: owner)
        try await store.removeEntries([1, 3], from: "l", of: owner)
        try await store.trim(.toNewest(2), in: "l", of: owner)
        await store.close()
        let database = try Opening(path: place.file, options: SQLiteOptions()).writer()
        #expect(try counts(in: database)[5...] == [2, 2, 4])
    }

    @Test func `reads of one turn see one moment`() throws {
        let place = try Place()
        let opening = Opening(path: place.file, options: SQLiteOptions())
        let writer = try opening.writer()
        let reader = try opening.reader()
        var known: [Int64?] = []
        try reader.snapshot {
            known.append(try? reader.knownName("a"))
            try? writer.transaction { () throws(StorageError) in _ = try writer.name("a") }
            known.append(try? reader.knownName("a"))
        }
        known.append(try reader.knownName("a"))
        #expect(known == [nil, nil, 1])
        #expect(throws: StorageError.self, "it only reads") { try reader.name("b") }
    }

    @Test func `every question about documents and logs is answered by an index`() throws {
        let place = try Place()
        let database = try Opening(path: place.file, options: SQLiteOptions()).writer()
        for isBackwards in [false, true] {
            for search in searches() {
                let sql = search.pageSQL(isBackwards: isBackwards)
                let plan = try plan(of: sql, search.values.count + 1, in: database)
                #expect(plan.allSatisfy { !$0.contains("SCAN e") && !$0.contains("SCAN k") })
                let isSorted = plan.contains { $0.contains("TEMP B-TREE") }
                #expect(!isSorted || sql.contains("+k.id"), "\(sql): \(plan)")
            }
        }
    }

    @Test func `a call gives up when another process keeps the database locked`() async throws {
        let place = try Place()
        var options = SQLiteOptions()
        options.lockTimeout = .milliseconds(20)
        let store = try SQLiteStore(path: place.file, options: options)
        try await store.createAccount(Account(romeo))
        let other = try Opening(path: place.file, options: options).writer()
        try other.run("BEGIN IMMEDIATE")
        await #expect(throws: StorageError.unavailable("another process keeps it locked")) {
            try await store.setDisabled(true, of: romeo)
        }
        #expect(try await store.account(romeo)?.isDisabled == false)
        try other.run("ROLLBACK")
        try await store.setDisabled(true, of: romeo)
        #expect(try await store.account(romeo)?.isDisabled == true)
        await store.close()
    }

    @Test func `a job that fails leaves the others of its transaction alone`() throws {
        let folder = try Place()
        let database = try Opening(path: folder.file, options: SQLiteOptions()).writer()
        let jobs = (0..<6).map { PutJob($0) }
        GroupCommit.commit(jobs, on: database)
        #expect(jobs.map(\.finished) == [0, 1, 2, 3, 4, 5].map { $0 % 3 == 1 ? .conflict : nil })
        #expect(jobs.allSatisfy { $0.answers == 1 })
        let collection = try database.place(of: "collection", owner)
        let kept = try database.row(
            "SELECT count(*) FROM document WHERE owner = ? AND collection = ?",
            collection.owner,
            collection.collection
        ) { $0.int(0) }
        #expect(kept == 4)
        #expect(
            jobs.map(\.runs) == [2, 2, 1, 1, 1, 1],
            "all is undone at the first, and done again"
        )
    }

    @Test func `a job that fails before it changed anything costs the others nothing`() throws {
        let folder = try Place()
        let database = try Opening(path: folder.file, options: SQLiteOptions()).writer()
        let jobs = (0..<6).map { PutJob($0, failsFirst: true) }
        GroupCommit.commit(jobs, on: database)
        #expect(jobs.map(\.finished) == [0, 1, 2, 3, 4, 5].map { $0 % 3 == 1 ? .conflict : nil })
        #expect(jobs.allSatisfy { $0.runs == 1 && $0.answers == 1 })
    }

    @Test func `lists of texts come back, and cut ones are refused`() throws {
        for list in [[], [""], awkwardTexts] {
            let encoded = TextList.encode(list)
            #expect(try TextList.decode(encoded).map(bytes) == list.map(bytes))
            for cut in 1..<max(1, encoded.count) where cut <= 3 {
                #expect(throws: StorageError.self) {
                    try TextList.decode(Array(encoded.dropLast(cut)))
                }
            }
        }
        #expect(throws: StorageError.self) { try TextList.decodeTable(TextList.encode(["odd"])) }
    }

    @Test(arguments: ["", "@", "a@", "@b", "a@b/", "/r", String(repeating: "x", count: 1024)])
    func `an address that cannot be read is damage`(text: String) {
        #expect(throws: StorageError.corrupt("an address in it cannot be read")) {
            try JID(stored: text)
        }
    }

    private func counts(in database: Database) throws -> [Int] {
        try [
            "owner", "roster", "roster_item", "document", "log", "entry", "entry_place",
            "entry_text",
        ].map {
            try database.row("SELECT count(*) FROM \($0)") { $0.int(0) } ?? -1
        }
    }

    private func plan(of sql: String, _ count: Int, in database: Database) throws -> [String] {
        try database.rows(
            "EXPLAIN QUERY PLAN " + sql,
            Array(repeating: .integer(1), count: count)
        ) { $0.text(3) }
    }

    private func searches() -> [EntrySearch] {
        let tests: [[TextTest]] = [
            [], [.equal("a")], [.equal("a"), .equal("b")], [.prefix("a")], [.oneOf(["a", "b"])],
            [.equal("a"), .less("b")],
        ]
        return tests.map { tests in
            var search = EntrySearch(log: 1)
            for test in tests { search.require(1, test) }
            search.require(from: at(1), through: at(2))
            return search
        }
    }
}

/// Puts a document; every third fails, after it has put one or before.
private final class PutJob: Job, @unchecked Sendable {
    let number: Int
    private let failsFirst: Bool
    var runs = 0
    var finished: StorageError?
    var answers = 0
    private var failure: StorageError?

    init(_ number: Int, failsFirst: Bool = false) {
        self.number = number
        self.failsFirst = failsFirst
        super.init(cost: 0)
    }

    override func run(on database: Database) -> StorageError? {
        runs += 1
        if failsFirst, number % 3 == 1 {
            failure = .conflict
            return failure
        }
        do throws(StorageError) {
            let put = Operation.put(key: "\(number)", in: "collection", value: [1])
            _ = try database.perform(put, of: owner, at: at(0))
            failure = number % 3 == 1 ? .conflict : nil
        } catch {
            failure = error
        }
        return failure
    }

    override func finish(_ failure: StorageError?) {
        finished = failure ?? self.failure
        answers += 1
    }
}
