import MartletCore
import MartletPostgreSQL
import MartletStorage
import TestSupport
import Testing

@testable import MartletStoragePostgreSQL

private let owner = Owner(romeo)

/// Who waits for whom, while somebody else holds a lock in the database.
@Suite(.timeLimit(.minutes(1)))
struct `Locks in PostgreSQL` {
    @Test func `that hold up every read hold up no write`() async throws {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        let holder = try await Holder(place.url, "LOCK TABLE entry IN ACCESS EXCLUSIVE MODE")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask { _ = try await store.query(LogQuery(limit: 1), in: "l", of: owner) }
            }
            try await place.waitForLocks(2)
            try await store.putDocument("k", in: "c", of: owner, value: [1])
            try await holder.letGo()
            try await group.waitForAll()
        }
        #expect(try await store.countDocuments(in: "c", of: owner) == 1)
        await store.close()
    }
}

extension PostgreSQLPlace {
    /// Returns when so many sessions wait for a table of this schema.
    func waitForLocks(_ count: Int) async throws {
        let text = """
            SELECT count(DISTINCT pid) FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
            WHERE NOT l.granted AND c.relnamespace = '\(schema)'::regnamespace
            """
        while Int(try await sql(text).filter(\.isNumber)) ?? 0 < count { await Task.yield() }
    }
}
