import MartletCore
import MartletStorage
import MartletStorageSQLite
import Testing

private let owner = Owner(romeo)

@Suite struct `The limits of the SQLite store` {
    @Test func `make a full database say so, and take writes again when there is room`()
        async throws
    {
        let place = try Place()
        var options = SQLiteOptions()
        options.byteLimit = 1 << 20
        let store = try SQLiteStore(path: place.file, options: options)
        var kept = 0
        do throws(StorageError) {
            while kept < 1000 {
                let value = Array(repeating: UInt8(1), count: 10_000)
                try await store.putDocument("k\(kept)", in: "c", of: owner, value: value)
                kept += 1
            }
        } catch {
            #expect(error == .full)
        }
        #expect(kept > 50 && kept < 105)
        #expect(try await store.countDocuments(in: "c", of: owner) == kept)
        for index in 0..<20 { try await store.deleteDocument("k\(index)", in: "c", of: owner) }
        let value = Array(repeating: UInt8(2), count: 100_000)
        try await store.putDocument("again", in: "c", of: owner, value: value)
        #expect(try await store.document("again", in: "c", of: owner)?.value == value)
        await store.close()
        try SQLiteStore.check(path: place.file)
    }

    @Test func `let small writes pass while a large one has no room`() async throws {
        let place = try Place()
        var options = SQLiteOptions()
        options.byteLimit = 1 << 20
        let store = try SQLiteStore(path: place.file, options: options)
        let failures = await withTaskGroup(of: Int.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let size = number.isMultiple(of: 10) ? 2 << 20 : 100
                    let value = Array(repeating: UInt8(1), count: size)
                    do throws(StorageError) {
                        try await store.putDocument("k\(number)", in: "c", of: owner, value: value)
                        return 0
                    } catch { return error == .full ? 1 : 100 }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(failures == 5)
        #expect(try await store.countDocuments(in: "c", of: owner) == 45)
        await store.close()
    }

    @Test func `refuse calls when too many wait`() async throws {
        let place = try Place()
        let locker = try SQLiteStore(path: place.file)
        var options = SQLiteOptions()
        options.queuedCalls = 5
        let store = try SQLiteStore(path: place.file, options: options)
        let refused = await withTaskGroup(of: Int.self) { group in
            for number in 0..<500 {
                group.addTask {
                    do throws(StorageError) {
                        try await store.putDocument("k\(number)", in: "c", of: owner, value: [])
                        return 0
                    } catch { return error == .unavailable("its queue is full") ? 1 : 1000 }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(refused < 500)
        #expect(try await store.countDocuments(in: "c", of: owner) == 500 - refused)
        await store.close()
        await locker.close()
    }

    @Test func `do not stop two processes from sharing a file`() async throws {
        let place = try Place()
        let server = try SQLiteStore(path: place.file)
        let command = try SQLiteStore(path: place.file)
        try await command.createAccount(Account(romeo))
        #expect(try await server.account(romeo) != nil)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, store) in [server, command].enumerated() {
                for number in 0..<100 {
                    group.addTask {
                        let entry = NewLogEntry(time: at(1), value: [UInt8(index)])
                        try await store.append([entry], to: "l", of: owner)
                        let key = "\(index) \(number)"
                        try await store.putDocument(key, in: "c", of: owner, value: [])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await command.countDocuments(in: "c", of: owner) == 200)
        let page = try await server.query(LogQuery(limit: 999), in: "l", of: owner)
        #expect(Set(page.entries.map(\.id)).count == 200)
        try await command.removeAccount(romeo)
        #expect(try await server.countDocuments(in: "c", of: owner) == 0)
        try await server.putDocument("k", in: "c", of: owner, value: [1])
        #expect(try await command.document("k", in: "c", of: owner)?.value == [1])
        await command.close()
        await server.close()
    }

    @Test func `let several open a new file at once`() async throws {
        let place = try Place()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let store = try SQLiteStore(path: place.file)
                    let jid = JID(prepared: "u\(number)", "x.example")
                    try await store.createAccount(Account(jid))
                    await store.close()
                }
            }
            try await group.waitForAll()
        }
        let store = try SQLiteStore(path: place.file)
        #expect(try await store.countAccounts(in: "x.example") == 8)
        await store.close()
    }
}
