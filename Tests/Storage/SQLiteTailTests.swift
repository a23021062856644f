import Glibc
import MartletCore
import MartletStorage
import Testing

@testable import MartletStorageSQLite

private let owner = Owner(romeo)

@Suite struct `Entries that no index has yet` {
    @Test func `are found by id, time and column, either way`() async throws {
        let place = try Place()
        let store = try SQLiteStore(path: place.file)
        for number in 1...9 { try await append(number, to: store) }
        #expect(try indexed(in: place) == 0)
        try await store.removeEntries([1], from: "l", of: owner)
        #expect(try indexed(in: place) == 8, "what is to be removed is indexed")
        for number in 10...14 { try await append(number, to: store) }
        #expect(try indexed(in: place) == 8)

        let all = Array(2...14) as [Int64]
        #expect(try await page(LogQuery(limit: 99), of: store) == all)
        #expect(try await page(LogQuery(limit: 8), of: store) == Array(all.prefix(8)))
        #expect(try await page(LogQuery(limit: 9), of: store) == Array(all.prefix(9)))
        let newest = LogQuery(limit: 7, isBackwards: true)
        #expect(try await page(newest, of: store) == Array(all.suffix(7)))
        let between = LogQuery(after: 8, before: 12, limit: 9)
        #expect(try await page(between, of: store) == [9, 10, 11])
        let odd = LogQuery([.column("odd", .equal("1"))], limit: 99, wantsTotal: true)
        #expect(try await page(odd, of: store) == [3, 5, 7, 9, 11, 13])
        #expect(try await store.query(odd, in: "l", of: owner).total == 6)
        let times = LogQuery([.time(from: at(80), through: at(110))], limit: 99)
        #expect(try await page(times, of: store) == [8, 9, 10, 11])
        #expect(try await page(LogQuery([.ids([2, 14, 99])], limit: 9), of: store) == [2, 14])
        let entry = try await store.query(newest, in: "l", of: owner).entries.last
        #expect(entry?.value == [14] && entry?.columns == ["odd": "0"] && entry?.time == at(140))
        await store.close()
        #expect(try indexed(in: place) == 13, "a closed store has none")
    }

    @Test func `say whether a page is the last`() async throws {
        let place = try Place()
        let store = try SQLiteStore(path: place.file)
        for number in 1...4 { try await append(number, to: store) }
        try await store.trim(.through(1), in: "l", of: owner)
        for number in 5...7 { try await append(number, to: store) }
        for isBackwards in [false, true] {
            for limit in 0...7 {
                let query = LogQuery(limit: limit, isBackwards: isBackwards)
                let page = try await store.query(query, in: "l", of: owner)
                #expect(page.entries.count == min(limit, 6))
                #expect(page.isComplete == (limit >= 6))
            }
        }
        await store.close()
    }

    @Test func `are lost with their transaction alone`() async throws {
        let place = try Place()
        let store = try SQLiteStore(path: place.file)
        try await append(1, to: store)
        for _ in 0..<3 {
            await #expect(throws: StorageError.conflict) {
                try await store.perform(
                    [.append([entry(2)], to: "l"), .append([entry(1)], to: "l")],
                    of: owner
                )
            }
            await #expect(throws: StorageError.conflict) {
                try await store.perform(
                    [.trim(.toNewest(0), in: "l"), .append([entry(1)], to: "l")],
                    of: owner
                )
            }
        }
        #expect(try await page(LogQuery(limit: 9), of: store) == [1])
        #expect(try await store.size(of: "l", of: owner) == LogSize(count: 1, bytes: 1))
        try await append(2, to: store)
        #expect(try await page(LogQuery(limit: 9), of: store) == [1, 2])
        await store.close()
        #expect(try indexed(in: place) == 2)
    }

    @Test func `are there when the files of a running store are copied`() async throws {
        let (place, copy) = (try Place(), try Place())
        var options = SQLiteOptions()
        options.unindexedEntries = 20
        let store = try SQLiteStore(path: place.file, options: options)
        for number in 1...100 {
            try await append(number, to: store)
            guard number.isMultiple(of: 9) else { continue }
            for suffix in ["", "-wal"] {
                try write(try read(place.file + suffix), to: copy.file + suffix)
            }
            unlink(copy.file + "-shm")
            let again = try SQLiteStore(path: copy.file, options: options)
            let all = (1...number).map(Int64.init)
            #expect(try await page(LogQuery(limit: 999), of: again) == all)
            #expect(try await again.size(of: "l", of: owner).count == number)
            try await append(number + 1, to: again)
            await #expect(throws: StorageError.conflict) {
                try await append(number + 1, to: again)
            }
            await again.close()
            #expect(try indexed(in: copy) == number + 1)
        }
        await store.close()
    }

    @Test func `never take the row of one that was removed`() async throws {
        let place = try Place()
        for number in 1...4 {
            let store = try SQLiteStore(path: place.file)
            try await append(number, to: store)
            #expect(try await page(LogQuery(limit: 9), of: store) == [Int64(number)])
            try await store.trim(.toNewest(0), in: "l", of: owner)
            #expect(try await store.size(of: "l", of: owner) == LogSize())
            await store.close()
        }
    }
}

@Suite struct `Two processes that append` {
    @Test(arguments: [2, 5, 1_000])
    func `see each other's entries`(unindexed: Int) async throws {
        let place = try Place()
        var options = SQLiteOptions()
        options.unindexedEntries = unindexed
        let stores = [
            try SQLiteStore(path: place.file, options: options),
            try SQLiteStore(path: place.file, options: options),
        ]
        var expected: [Int64] = []
        for number in 1...40 {
            let (one, other) = (stores[number % 2], stores[(number + 1) % 2])
            try await append(number, to: one)
            expected.append(Int64(number))
            await #expect(throws: StorageError.conflict) { try await append(number, to: other) }
            if number.isMultiple(of: 7) {
                try await other.removeEntries([expected.removeFirst()], from: "l", of: owner)
            }
            for store in stores {
                #expect(try await page(LogQuery(limit: 99), of: store) == expected)
                #expect(try await store.size(of: "l", of: owner).count == expected.count)
            }
        }
        try await stores[0].removeAll(of: owner)
        try await append(1, to: stores[1])
        for store in stores { #expect(try await page(LogQuery(limit: 99), of: store) == [1]) }
        for store in stores { await store.close() }
    }
}

@Suite struct `The tail in memory` {
    @Test func `goes back to a mark`() {
        let tail = Tail(limit: 4)
        for row in 1...3 { tail.append(tailEntry(Int64(row)), to: 7) }
        tail.keep()
        let mark = tail.mark
        tail.append(tailEntry(4), to: 8)
        tail.remove(7)
        #expect(tail.count == 1 && tail.through == 4 && tail.numbers == [8])
        tail.undo(to: mark)
        #expect(tail.count == 3 && tail.through == 3 && tail.numbers == [7])
        #expect(tail[7].map(\.row) == [1, 2, 3])
        #expect(tail.textBytes == 3)
    }

    @Test func `says when it is long, and when it has no room`() {
        let tail = Tail(limit: 4)
        for row in 1...16 {
            #expect(tail.isLong == (row > 4) && !tail.isFull)
            tail.append(tailEntry(Int64(row)), to: Int64(row))
        }
        #expect(tail.isFull)
    }

    @Test func `is refused more when it has no room`() throws {
        let place = try Place()
        var options = SQLiteOptions()
        options.unindexedEntries = 2
        let database = try Opening(path: place.file, options: options).writer()
        let append = { (id: Int64) throws(StorageError) in
            try database.transaction { () throws(StorageError) in
                _ = try database.performOnLog(.append([entry(Int(id))], to: "l"), of: owner)
            }
        }
        for id in 1...8 { try append(Int64(id)) }
        database.hasIndexingFailed = true
        #expect(throws: StorageError.unavailable("its index cannot be written")) { try append(9) }
        database.keepTailShort()
        #expect(database.tail.count < 8)
        try append(9)
        try database.indexAll()
        #expect(database.tail.count == 0)
    }

    private func tailEntry(_ row: Int64) -> Tail.Entry {
        var entry = Tail.Entry(row: row, id: row, time: 0, bytes: 1)
        entry.add(Tail.Text(name: 1, text: "x"))
        return entry
    }
}

private func entry(_ number: Int) -> NewLogEntry {
    NewLogEntry(
        id: Int64(number),
        time: at(Int64(number) * 10),
        columns: ["odd": "\(number % 2)"],
        value: [UInt8(number)]
    )
}

private func append(_ number: Int, to store: SQLiteStore) async throws {
    try await store.append([entry(number)], to: "l", of: owner)
}

private func page(_ query: LogQuery, of store: SQLiteStore) async throws -> [Int64] {
    try await store.query(query, in: "l", of: owner).entries.map(\.id)
}

/// How many entries the index has, and whether that of the texts has as many.
private func indexed(in place: Place) throws -> Int {
    let database = try Opening(path: place.file, options: SQLiteOptions()).reader()
    let counts = try ["entry_place", "entry_text"].map {
        try database.row("SELECT count(*) FROM \($0)") { $0.int(0) }
    }
    #expect(counts[0] == counts[1])
    return try #require(counts[0])
}
