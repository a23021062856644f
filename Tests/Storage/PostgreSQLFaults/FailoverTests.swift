import MartletCore
import MartletStorage
import MartletStoragePostgreSQL
import Synchronization
import TestSupport
import Testing

private let owner = Owner(romeo)

/// A standby that takes over while a store writes.
@Suite(.timeLimit(.minutes(5)))
struct `A standby of PostgreSQL that is promoted` {
    /// Appends one entry after the other until it is told to end, and keeps what became of each.
    private final class Load: Sendable {
        private struct State {
            var next = 0
            var acknowledged: [Int] = []
            var isEnding = false
        }

        private let state = Mutex(State())

        var acknowledged: [Int] { state.withLock { $0.acknowledged } }

        func end() { state.withLock { $0.isEnding = true } }

        /// Returns when so many more are acknowledged than now.
        func more(_ count: Int) async {
            let target = acknowledged.count + count
            while acknowledged.count < target { await Task.yield() }
        }

        func run(in store: PostgreSQLStore) async {
            while let number = next() {
                let entry = NewLogEntry(time: at(Int64(number)), columns: [:], value: bytes(number))
                guard (try? await store.append([entry], to: "l", of: owner)) != nil else {
                    continue
                }
                state.withLock { $0.acknowledged.append(number) }
            }
        }

        private func next() -> Int? {
            state.withLock { state in
                state.next += 1
                return state.isEnding ? nil : state.next
            }
        }
    }

    @Test func `has all that was acknowledged, and takes the writes that follow`() async throws {
        let first = try await PostgreSQLServer(isDurable: false)
        let second = try await PostgreSQLServer(standbyOf: first)
        // What is acknowledged is at the standby, too.
        try await first.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        try await first.reload()
        let hosts = "127.0.0.1:\(first.port),127.0.0.1:\(second.port)"
        var options = PostgreSQLOptions()
        options.waitTimeout = .seconds(2)
        let url = "postgresql://postgres@\(hosts)/postgres?sslmode=disable"
        let store = try await PostgreSQLStore.open(url: url, options: options)
        let load = Load()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { await load.run(in: store) } }
            group.addTask {
                await load.more(200)
                await #expect(throws: Never.self) {
                    try await first.stop(.immediate)
                    try await second.promote()
                }
                await load.more(200)
                load.end()
            }
        }
        var found: [Int] = []
        var query = LogQuery(limit: 250)
        while true {
            let page = try await store.query(query, in: "l", of: owner)
            found += page.entries.map { number($0.value) }
            guard let last = page.entries.last, page.entries.count == 250 else { break }
            query.after = last.id
        }
        let lost = Set(load.acknowledged).subtracting(found)
        #expect(lost.isEmpty)
        #expect(Set(found).count == found.count, "none is there twice")
        await store.close()
    }
}

private func bytes(_ number: Int) -> [UInt8] { Array(String(number).utf8) }

private func number(_ bytes: [UInt8]) -> Int { Int(String(decoding: bytes, as: UTF8.self)) ?? 0 }
