import Glibc
import MartletCore
import MartletStorage
import MartletStorageSQLite
import Testing

private let owner = Owner(romeo)

@Suite struct `The file of the SQLite store` {
    @Test func `keeps everything while it is closed`() async throws {
        let place = try Place()
        let store = try SQLiteStore(path: place.file)
        let account = Account(romeo, verifiers: ["SCRAM-SHA-256": "v"], created: at(1))
        try await store.createAccount(account)
        try await store.setRosterItem(RosterItem(juliet, groups: ["Lovers"]), of: romeo)
        let version = try await store.putDocument("k", in: "c", of: owner, value: [1])
        let entry = NewLogEntry(time: at(2), columns: ["with": "x"], value: [2])
        let ids = try await store.append([entry], to: "l", of: owner)
        let roster = try await store.roster(of: romeo)
        await store.close()

        let again = try SQLiteStore(path: place.file)
        #expect(try await again.account(romeo) == account)
        #expect(try await again.roster(of: romeo) == roster)
        #expect(try await again.document("k", in: "c", of: owner)?.version == version)
        let query = LogQuery([.column("with", .equal("x"))], limit: 9)
        #expect(try await again.query(query, in: "l", of: owner).entries.map(\.id) == ids)
        let next = try await again.putDocument("k", in: "c", of: owner, value: [2])
        #expect(next > version)
        await again.close()
        #expect(access(place.file + "-wal", F_OK) != 0, "a closed store is one file")
    }

    @Test func `is for its owner alone, and so is its log`() async throws {
        let place = try Place()
        let store = try SQLiteStore(path: place.file)
        try await store.createAccount(Account(romeo))
        for suffix in ["", "-wal", "-shm"] {
            var status = stat()
            try #require(stat(place.file + suffix, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
        await store.close()
    }

    @Test func `is not opened where there is no folder, or where the path is one`() throws {
        let place = try Place()
        expectUnavailable(place.folder + "/none/martlet.db")
        expectUnavailable(place.folder)
        #expect(throws: StorageError.self) {
            try SQLiteStore.check(path: place.folder + "/none.db")
        }
        #expect(access(place.folder + "/none.db", F_OK) != 0)
    }

    @Test(arguments: [
        bytes("short"), bytes(String(repeating: "not a database\n", count: 1000)),
        bytes("SQLite format 3\u{0}"), Array(repeating: 0, count: 4096),
    ])
    func `stays as it is when it is not a database`(content: [UInt8]) throws {
        let place = try Place()
        try write(content, to: place.file)
        do throws(StorageError) {
            _ = try SQLiteStore(path: place.file)
            Issue.record("it was opened")
        } catch {
            guard case .corrupt = error else { throw error }
        }
        #expect(try read(place.file) == content)
    }

    @Test func `stays as it is when it is damaged`() async throws {
        let place = try Place()
        let store = try SQLiteStore(path: place.file)
        for index in 0..<200 {
            let value = Array(repeating: UInt8(index), count: 500)
            try await store.putDocument("k\(index)", in: "c", of: owner, value: value)
        }
        await store.close()
        try SQLiteStore.check(path: place.file)
        var content = try read(place.file)
        // The kind of page, at the start of each page of the second half.
        for page in (content.count / 8192)..<(content.count / 4096) {
            content.replaceSubrange(
                page * 4096..<page * 4096 + 64,
                with: Array(repeating: 0xee, count: 64)
            )
        }
        try write(content, to: place.file)
        for open in [
            { _ = try SQLiteStore(path: place.file) }, { try SQLiteStore.check(path: place.file) },
        ] {
            do {
                try open()
                Issue.record("it was opened")
            } catch let error as StorageError {
                guard case .corrupt = error else { throw error }
            }
        }
        #expect(try read(place.file) == content)
    }

    @Test func `answers with an error when it is damaged while in use`() async throws {
        let place = try Place()
        let store = try SQLiteStore(path: place.file)
        for index in 0..<200 {
            let value = Array(repeating: UInt8(index), count: 500)
            try await store.putDocument("k\(index)", in: "c", of: owner, value: value)
        }
        await store.close()
        var options = SQLiteOptions()
        options.checkedBytes = 0
        var content = try read(place.file)
        for page in 4..<(content.count / 4096) {
            content.replaceSubrange(
                page * 4096..<page * 4096 + 64,
                with: Array(repeating: 0xee, count: 64)
            )
        }
        try write(content, to: place.file)
        do throws(StorageError) {
            let damaged = try SQLiteStore(path: place.file, options: options)
            for index in 0..<200 {
                _ = try await damaged.document("k\(index)", in: "c", of: owner)
            }
            Issue.record("nothing was noticed")
        } catch {
            guard case .corrupt = error else { throw error }
        }
    }

    @Test func `of a newer server stays as it is`() async throws {
        let place = try Place()
        let store = try SQLiteStore(path: place.file)
        try await store.createAccount(Account(romeo))
        await store.close()
        var content = try read(place.file)
        content.replaceSubrange(60..<64, with: [0, 0, 1, 0])  // PRAGMA user_version = 256
        try write(content, to: place.file)
        do throws(StorageError) {
            _ = try SQLiteStore(path: place.file)
            Issue.record("it was opened")
        } catch {
            guard case .incompatible(let reason) = error else { throw error }
            #expect(reason.contains("version 256"))
        }
        #expect(try read(place.file) == content)
    }

    @Test func `of another program stays as it is`() async throws {
        let place = try Place()
        let store = try SQLiteStore(path: place.file)
        try await store.createAccount(Account(romeo))
        await store.close()
        var content = try read(place.file)
        content.replaceSubrange(68..<72, with: [0, 0, 0, 1])  // PRAGMA application_id = 1
        try write(content, to: place.file)
        #expect(throws: StorageError.self) { try SQLiteStore(path: place.file) }
        content.replaceSubrange(60..<72, with: Array(repeating: 0, count: 12))
        try write(content, to: place.file)
        do throws(StorageError) {
            _ = try SQLiteStore(path: place.file)
            Issue.record("it was opened")
        } catch {
            guard case .incompatible = error else { throw error }
        }
        #expect(try read(place.file) == content)
    }

    @Test func `holds ten thousand domains for the price of their names`() async throws {
        let place = try Place()
        var options = SQLiteOptions()
        options.durability = .normal
        let store = try SQLiteStore(path: place.file, options: options)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in 0..<10 {
                group.addTask {
                    for number in 0..<1000 {
                        let domain = "d\(part * 1000 + number).example"
                        try await store.createAccount(Account(JID(prepared: "romeo", domain)))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.countAccounts(in: "d9999.example") == 1)
        await store.close()
        let again = try SQLiteStore(path: place.file)
        #expect(try await again.account(JID(prepared: "romeo", "d5000.example")) != nil)
        await again.close()
        let size = try read(place.file).count
        #expect(size < 10_000 * 200)
    }

    private func expectUnavailable(_ path: String) {
        do throws(StorageError) {
            _ = try SQLiteStore(path: path)
            Issue.record("it was opened")
        } catch {
            guard case .unavailable = error else {
                Issue.record("\(error)")
                return
            }
        }
    }
}

/// A file's bytes.
func read(_ path: String) throws -> [UInt8] {
    let file = try #require(fopen(path, "rb"))
    defer { fclose(file) }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        if count == 0 { return content }
        content += buffer[..<count]
    }
}

func write(_ content: [UInt8], to path: String) throws {
    let file = try #require(fopen(path, "wb"))
    defer { fclose(file) }
    #expect(fwrite(content, 1, content.count, file) == content.count)
}
