import Glibc
import MartletCore
import MartletStorage
import MartletTransfer
import Synchronization
import TestSupport
import Testing

@Suite struct `What was interrupted` {
    @Test func `as an export goes on at its last mark`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        try await fill(store)
        for number in 0..<60 {
            let jid = JID(prepared: "user\(number)", "\(number % 3).example")
            try await store.createAccount(Account(jid, created: at(1)))
            try await store.setRosterItem(RosterItem(romeo), of: jid)
        }
        let (path, tally) = try await desk.export(store, to: "whole.xml")
        let whole = try desk.read(path)
        let part = desk.folder + "/part.xml"
        var mark: ExportMark?
        var runs = 0
        while true {
            runs += 1
            let descriptor = open(part, O_WRONLY | O_CREAT, 0o600)
            try #require(descriptor >= 0)
            defer { close(descriptor) }
            // What was written behind the mark before the power went is cut off.
            try #require(ftruncate(descriptor, off_t(mark?.offset ?? 0)) == 0)
            lseek(descriptor, 0, SEEK_END)
            var marks = 0
            var export = Export(
                of: store,
                to: Output(descriptor, path: part, count: mark?.offset ?? 0),
                keep: { new in
                    marks += 1
                    if marks > 2 { throw Interruption() }
                    mark = ExportMark(new.text(for: "x"), for: "x") as ExportMark?
                    #expect(mark == new)
                }
            )
            export.markBytes = 2_000
            do {
                #expect(try await export.run(from: mark) == tally)
                break
            } catch is Interruption {}
        }
        #expect(runs > 5)
        #expect(try desk.read(part) == whole)
    }

    @Test func `as a mark is not taken for another's`() throws {
        let mark = try #require(ExportMark("martlet export 1\nfor eA==\noffset 5\nend\n", for: "x"))
        #expect(mark.offset == 5)
        for text in [
            "", "martlet export 1\nfor eA==\noffset 5\n",
            "martlet export 2\nfor eA==\noffset 5\nend",
            "martlet export 1\nfor eQ==\noffset 5\nend",
            "martlet export 1\nfor eA==\noffset -5\nend",
            "martlet export 1\nfor eA==\noffset 5\nwhat now\nend",
        ] { #expect(ExportMark(text, for: "x") == nil) }
    }

    /// The store fails at its n-th write, as it does when the process ends there; the next import does the
    /// rest.
    @Test func `as an import is completed, and nothing is doubled`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        try await fill(store)
        // Entries without ids are what could be doubled.
        let path = try await desk.export(store, to: "all.xml").path
        let text = String(decoding: try desk.read(path), as: UTF8.self)
            .replacing(#/ m:id='\d+'/#, with: "")
        let foreign = try desk.write("foreign.xml", bytes(text))
        for file in [path, foreign] {
            let reference = MemoryStore()
            _ = try await desk.read([file], into: reference)
            let wanted = Self.withoutIDs(try await contents(of: reference))
            var writes = 0
            while true {
                let target = Mortal(dyingAt: writes)
                do {
                    _ = try await desk.read([file], into: target)
                    break
                } catch is TransferFault {} catch is StorageError {}
                target.revive()
                let rest = try await desk.read([file], into: target)
                #expect(rest.complaints.isEmpty)
                let found = Self.withoutIDs(try await contents(of: target))
                for (one, other) in zip(found, wanted) { try #require(one == other, "\(writes)") }
                try #require(found.count == wanted.count, "after \(writes) writes")
                writes += 1
            }
            #expect(writes > 20)
        }
    }

    /// Ids that the store made depend on what it made before.
    private static func withoutIDs(_ lines: [String]) -> [String] {
        lines.map { line in
            line.replacing(#/ (offline|archive) \d+ /#) { " \($0.output.1) " }
        }
    }
}

private struct Interruption: Error {}

/// A store that does no write from the n-th on, until it is revived.
private final class Mortal: ForwardingStore {
    let store = MemoryStore()
    private let left: Mutex<Int?>

    init(dyingAt count: Int) { left = Mutex(count) }

    func revive() { left.withLock { $0 = nil } }

    private func live() throws(StorageError) {
        let isDead = left.withLock { left in
            guard let count = left else { return false }
            left = max(0, count - 1)
            return count == 0
        }
        if isDead { throw .unavailable("the power went") }
    }

    func createAccount(_ account: Account) async throws(StorageError) {
        try live()
        try await store.createAccount(account)
    }

    func setVerifiers(_ verifiers: [String: String], of jid: JID) async throws(StorageError) {
        try live()
        try await store.setVerifiers(verifiers, of: jid)
    }

    func setDisabled(_ isDisabled: Bool, of jid: JID) async throws(StorageError) {
        try live()
        try await store.setDisabled(isDisabled, of: jid)
    }

    func removeAccount(_ jid: JID) async throws(StorageError) {
        try live()
        try await store.removeAccount(jid)
    }

    func removeAll(of owner: Owner) async throws(StorageError) {
        try live()
        try await store.removeAll(of: owner)
    }

    func changeRoster(_ changes: [RosterChange], of jid: JID) async throws(StorageError) -> Int64 {
        try live()
        return try await store.changeRoster(changes, of: jid)
    }

    func perform(_ operations: [MartletStorage.Operation], of owner: Owner)
        async throws(StorageError) -> [Outcome]
    {
        if !operations.allSatisfy(\.isRead) { try live() }
        return try await store.perform(operations, of: owner)
    }
}
