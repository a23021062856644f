import MartletCore
import MartletStorage
import MartletStoragePostgreSQL
import MartletTransfer
import TestSupport
import Testing

@Suite struct `A store that was moved` {
    @Test func `is what it was, from SQLite to memory and to another SQLite`() async throws {
        let desk = try Desk()
        let store = try desk.sqlite("one")
        try await fill(store)
        let before = try await contents(of: store)
        let (path, written) = try await desk.export(store, to: "first.xml")
        for target in [MemoryStore(), try desk.sqlite("two")] as [any Store] {
            let (read, complaints) = try await desk.read([path], into: target)
            #expect(complaints.isEmpty)
            #expect(read.lines == written.lines)
            let after = try await contents(of: target)
            for (one, other) in zip(before, after) { try #require(one == other) }
            #expect(before.count == after.count)
            let again = try await desk.export(target, to: "again.xml").path
            let (first, second) = (try desk.read(path), try desk.read(again))
            #expect(Self.withoutNumbers(first) == Self.withoutNumbers(second))
            await target.close()
        }
        await store.close()
    }

    @Test func `is what it was, from SQLite to PostgreSQL and back`() async throws {
        let desk = try Desk()
        let store = try desk.sqlite("one")
        try await fill(store)
        let before = try await contents(of: store)
        let path = try await desk.export(store, to: "first.xml").path
        let server = try await PostgreSQLServer.shared()
        let url = server.url(of: try await server.makeDatabase())
        let middle = try await PostgreSQLStore.open(url: url)
        let there = try await desk.read([path], into: middle)
        #expect(there.complaints.isEmpty)
        #expect(try await contents(of: middle) == before)
        let back = try await desk.export(middle, to: "back.xml").path
        #expect(
            Self.withoutNumbers(try desk.read(back)) == Self.withoutNumbers(try desk.read(path))
        )
        let end = try desk.sqlite("two")
        #expect(try await desk.read([back], into: end).complaints.isEmpty)
        #expect(try await contents(of: end) == before)
        #expect(try await middle.newestNumber() >= store.newestNumber())
        #expect(try await end.newestNumber() >= middle.newestNumber())
        for store in [store, middle, end] as [any Store] { await store.close() }
    }

    /// Beside which numbers the store has come to.
    private static func withoutNumbers(_ file: [UInt8]) -> [String] {
        String(decoding: file, as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("<m:numbers") }
    }

    @Test func `is written in standard forms where it can be`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        try await fill(store)
        let tally = try await desk.export(store, to: "all.xml").tally
        #expect(tally[.accounts] == 3)
        #expect(tally[.contacts] == 7)
        #expect(tally[.requests] == 2)
        #expect(tally[.vCards] == 1)
        #expect(tally[.privateElements] == 4)
        #expect(tally[.privacyLists] == 1)
        #expect(tally[.blocked] == 3)
        #expect(tally[.offlineMessages] == 2)
        #expect(tally[.archivedMessages] == 40)
        #expect(tally[.complaints] == 0)
    }

    @Test func `can be read twice, and nothing is doubled`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        try await fill(store)
        let path = try await desk.export(store, to: "all.xml").path
        let target = MemoryStore()
        _ = try await desk.read([path], into: target)
        let again = try await desk.read([path], into: target)
        #expect(again.tally[.skipped] == 4)
        #expect(again.tally[.accounts] == 0)
        #expect(try await contents(of: target) == contents(of: store))
        var options = ImportOptions()
        options.existing = .replace
        _ = try await desk.read([path], into: target, options)
        #expect(try await contents(of: target) == contents(of: store))
    }

    @Test func `goes on counting where the other ended`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        try await store.skipNumbers(through: 5_000)
        try await store.createAccount(Account(romeo))
        let known = try await store.setRosterItem(RosterItem(juliet), of: romeo)
        let path = try await desk.export(store, to: "all.xml").path
        let target = MemoryStore()
        _ = try await desk.read([path], into: target)
        #expect(try await target.rosterChanges(of: romeo, since: known) == nil)
        #expect(try await target.roster(of: romeo).version > known)
    }

    @Test func `can be one domain of several`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        try await fill(store)
        let path = try await desk.export(store, to: "one.xml", domains: ["capulet.example"]).path
        let target = MemoryStore()
        _ = try await desk.read([path], into: target)
        #expect(try await target.domains(after: nil, limit: 9) == ["capulet.example"])
        let all = try await desk.export(store, to: "all.xml").path
        let chosen = MemoryStore()
        var options = ImportOptions()
        options.domains = ["capulet.example"]
        _ = try await desk.read([all], into: chosen, options)
        #expect(try await contents(of: chosen) == contents(of: target))
    }

    @Test func `is only looked at by a dry run`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        try await fill(store)
        let (path, written) = try await desk.export(store, to: "all.xml")
        let target = MemoryStore()
        var options = ImportOptions()
        options.isDryRun = true
        #expect(try await desk.read([path], into: target, options).tally.lines == written.lines)
        #expect(try await contents(of: target).isEmpty)
        #expect(try await target.newestNumber() == 0)
    }
}
