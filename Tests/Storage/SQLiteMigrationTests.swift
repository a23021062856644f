import Glibc
import MartletCore
import MartletStorage
import Testing

@testable import MartletStorageSQLite

private let owner = Owner(romeo)

@Suite struct `A database of the first schema` {
    @Test(arguments: [0, 1, 700])
    func `has its logs with all they had, and takes more`(count: Int) async throws {
        let place = try Place()
        try makeOld(at: place, entries: count)
        let store = try SQLiteStore(path: place.file)
        let expected: [LogEntry] = (0..<count).map(oldEntry)
        let all = LogQuery(limit: .max)
        #expect(try await store.query(all, in: "l", of: owner).entries == expected)
        let some = LogQuery([.column("with", .equal("1"))], limit: .max, wantsTotal: true)
        let found = try await store.query(some, in: "l", of: owner)
        #expect(found.entries == expected.filter { $0.columns == ["with": "1"] })
        #expect(found.total == found.entries.count)
        let size = LogSize(count: count, bytes: count)
        #expect(try await store.size(of: "l", of: owner) == size)

        let new = NewLogEntry(time: at(9_999), columns: ["with": "1"], value: [1])
        let ids = try await store.append([new], to: "l", of: owner)
        #expect(ids[0] > expected.last?.id ?? 0)
        #expect(try await store.query(some, in: "l", of: owner).total == found.entries.count + 1)
        if let first = expected.first {
            #expect(try await store.removeEntries([first.id], from: "l", of: owner) == 1)
            let rest: [Int64] = expected.dropFirst().map { $0.id } + ids
            #expect(try await store.query(all, in: "l", of: owner).entries.map(\.id) == rest)
        }
        await store.close()
        try SQLiteStore.check(path: place.file)
    }

    @Test func `takes nothing more from a server that knows no other`() throws {
        let place = try Place()
        try makeOld(at: place, entries: 1)
        let old = try Database(path: place.file)
        try old.run(Self.oldInsert, .integer(1), .integer(1_000), .integer(1), .null, .bytes([1]))
        old.close()
        let new = try Opening(path: place.file, options: SQLiteOptions()).writer()
        #expect(throws: StorageError.self) {
            try new.run(
                Self.oldInsert,
                .integer(1),
                .integer(1_001),
                .integer(1),
                .null,
                .bytes([1])
            )
        }
    }

    private static let oldInsert =
        "INSERT INTO entry (log, id, time, columns, value) VALUES (?, ?, ?, ?, ?)"

    private func oldEntry(_ index: Int) -> LogEntry {
        let columns = ["with": "\(index % 3)"]
        let value = [UInt8(index % 256)]
        return LogEntry(
            id: Int64(index * 2 + 5),
            time: at(Int64(index)),
            columns: columns,
            value: value
        )
    }

    /// Writes what a server wrote when the schema had one step.
    private func makeOld(at place: Place, entries: Int) throws {
        try write([], to: place.file)
        let database = try Database(path: place.file)
        defer { database.close() }
        _ = try database.row("PRAGMA journal_mode = WAL") { $0.text(0) }
        try Migrations.run(on: database, to: 1)
        try database.runScript(
            """
            INSERT INTO name (id, text) VALUES (1, 'montague.example'), (2, 'l'), (3, 'with');
            INSERT INTO owner (id, domain, name) VALUES (1, 1, 'romeo@montague.example');
            UPDATE sequence SET last = \(entries * 2 + 9);
            """
        )
        guard entries > 0 else { return }
        for index in 0..<entries {
            let (id, text) = (Value.integer(Int64(index * 2 + 5)), "\(index % 3)")
            try database.run(
                Self.oldInsert,
                .integer(1),
                id,
                .integer(Int64(index)),
                .bytes(TextList.encode(["with": text])),
                .bytes([UInt8(index % 256)])
            )
            try database.run(
                "INSERT INTO entry_text (log, name, text, entry) VALUES (1, 3, ?, ?)",
                .text(text),
                id
            )
        }
        try database.run(
            "INSERT INTO log VALUES (1, 1, 2, ?, ?, 0, ?, ?)",
            .integer(Int64(entries * 2 + 3)),
            .integer(Int64(entries - 1)),
            .integer(Int64(entries)),
            .integer(Int64(entries))
        )
    }
}
