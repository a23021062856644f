import Glibc
import MartletCore
import MartletStorage
import MartletStorageSQLite
import Testing

private let owner = Owner(romeo)

@Suite struct `What the SQLite store has acknowledged` {
    @Test(arguments: [50, 300, 1000], [3, SQLiteOptions().unindexedEntries])
    func `outlives the process`(count: Int, unindexed: Int) async throws {
        let place = try Place()
        let file = place.file
        // The child is this very program, and ends itself as `kill -9` would, amid its writes.
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [file = file as String, count = count as Int, unindexed = unindexed as Int] in
            var options = SQLiteOptions()
            options.unindexedEntries = unindexed
            let store = try SQLiteStore(path: file, options: options)
            let acknowledged = open(file + ".acknowledged", O_CREAT | O_WRONLY | O_APPEND, 0o600)
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<20 {
                    group.addTask {
                        await write(task, to: store, acknowledged, killAt: count)
                    }
                }
            }
        }
        let lines = try read(file + ".acknowledged")
        try #require(lines.count >= count * 8)
        let store = try SQLiteStore(path: file)
        try SQLiteStore.check(path: file)
        let page = try await store.query(LogQuery(limit: .max), in: "l", of: owner)
        let kept = Set(page.entries.map(\.id))
        let ids = stride(from: 0, to: lines.count - 7, by: 8).map { start in
            lines[start..<start + 8].reversed().reduce(0) { $0 << 8 | Int64($1) }
        }
        #expect(ids.allSatisfy(kept.contains))
        #expect(try await store.size(of: "l", of: owner).count == kept.count)
        var found = 0
        for task in 0..<20 {
            let query = LogQuery([.column("with", .equal("\(task)"))], limit: .max)
            found += try await store.query(query, in: "l", of: owner).entries.count
        }
        #expect(found == kept.count, "each is found by its column")
        let documents = try await store.countDocuments(in: "c", of: owner)
        #expect(documents == kept.count, "a batch is there as a whole")
        await store.close()
    }
}

/// Appends until the file of acknowledgements has so many, then kills the process.
private func write(_ task: Int, to store: SQLiteStore, _ acknowledged: Int32, killAt count: Int)
    async
{
    for number in 0..<Int.max {
        let entry = NewLogEntry(time: at(1), columns: ["with": "\(task)"], value: [1, 2, 3])
        let outcomes = try? await store.perform(
            [
                .append([entry], to: "l"),
                .put(key: "\(task) \(number)", in: "c", value: [1]),
            ],
            of: owner
        )
        guard let id = try? outcomes?.first?.ids.first else { return }
        var bytes = id.littleEndian
        Glibc.write(acknowledged, &bytes, 8)
        if lseek(acknowledged, 0, SEEK_END) >= off_t(count * 8) { kill(getpid(), SIGKILL) }
    }
}
