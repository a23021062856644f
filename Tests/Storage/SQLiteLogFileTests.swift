import MartletCore
import MartletStorage
import Testing

@testable import MartletStorageSQLite

@Suite struct `The SQLite store's write-ahead log` {
    /// Commits until the log has begun anew; gives its greatest size until then, in pages.
    private func commit(
        on writer: Database,
        _ checkpointer: Checkpointer
    ) throws -> Int {
        var greatest = 0
        for number in 0..<1_000_000 where writer.logPages >= greatest {
            greatest = writer.logPages
            try writer.transaction { () throws(StorageError) in
                _ = try writer.name("\(number)")
            }
            checkpointer.noteCommit(on: writer)
            try Task.checkCancellation()
        }
        #expect(writer.logPages < greatest)
        return greatest
    }

    @Test(.timeLimit(.minutes(5)))
    func `is moved into the file while commits go on, again and again`() async throws {
        let place = try Place()
        var options = SQLiteOptions()
        options.durability = .normal
        let opening = Opening(path: place.file, options: options)
        let writer = try opening.writer()
        writer.countLog()
        let checkpointer = try Checkpointer(on: opening.mover(), options, pages: 50)
        for _ in 0..<3 { #expect(try commit(on: writer, checkpointer) >= 50) }
        await checkpointer.stopped()
        let count = try writer.row("SELECT count(*) FROM name") { $0.int(0) }
        writer.close()

        let reopened = try opening.writer()
        #expect(try reopened.row("SELECT count(*) FROM name") { $0.int(0) } == count)
        try opening.check()
    }

    @Test func `stays as it is while it is short`() async throws {
        let place = try Place()
        let opening = Opening(path: place.file, options: SQLiteOptions())
        let writer = try opening.writer()
        writer.countLog()
        let checkpointer = try Checkpointer(on: opening.mover(), SQLiteOptions(), pages: 1_000)
        for number in 0..<20 {
            let before = writer.logPages
            try writer.transaction { () throws(StorageError) in
                _ = try writer.name("\(number)")
            }
            checkpointer.noteCommit(on: writer)
            #expect(writer.logPages > before)
        }
        await checkpointer.stopped()
    }

    @Test func `is moved by who writes where the thread for it has ended`() async throws {
        let place = try Place()
        let opening = Opening(path: place.file, options: SQLiteOptions())
        let writer = try opening.writer()
        writer.countLog()
        let checkpointer = try Checkpointer(on: opening.mover(), SQLiteOptions(), pages: 10)
        await checkpointer.stopped()
        #expect(try commit(on: writer, checkpointer) >= 10)
    }
}
