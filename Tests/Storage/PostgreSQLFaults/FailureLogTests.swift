import MartletCore
import MartletPostgreSQL
import MartletStorage
import Synchronization
import Testing

@testable import MartletStoragePostgreSQL

private let owner = Owner(romeo)

/// What was logged.
final class Lines: Sendable {
    private let state = Mutex<[String]>([])
    var all: [String] { state.withLock { $0 } }
    func clear() { state.withLock { $0 = [] } }
    func note(_ line: String) { state.withLock { $0.append(line) } }
}

@Suite struct `What an operator of PostgreSQL reads` {
    @Test func `says once what fails, and once that it goes well again`() {
        let lines = Lines()
        let log = FailureLog("writing") { lines.note($0) }
        let now = ContinuousClock.now
        func fail(_ state: String, after seconds: Int) {
            let failure = ServerFailure(sqlState: state, message: "no")
            log.note(.database(.server(failure)), at: now + .seconds(seconds))
        }
        log.noteSuccess()
        fail("53100", after: 0)
        fail("53100", after: 1)
        #expect(lines.all == ["writing in the database fails: the database is full"])
        log.noteSuccess()
        log.noteSuccess()
        #expect(lines.all.last == "writing in the database goes well again")
        fail("53100", after: 59)
        log.noteSuccess()
        fail("25006", after: 59)
        #expect(lines.all.count == 3, "a kind has a minute's rest")
        fail("53100", after: 61)
        #expect(lines.all.count == 4)
        fail("23505", after: 61)
        log.note(.away(.unavailable("no")), at: now)
        #expect(lines.all.count == 4, "the caller's fault, and what the pool tells")
    }

    @Test func `says of two pools once that the database is away, and once that it is back`() {
        let lines = Lines()
        let news = PoolNews { lines.note($0.description) }
        for _ in 0..<2 {
            news.take(.away(reason: "no"), from: .reads)
            news.take(.away(reason: "no"), from: .writes)
            news.take(.back(after: .seconds(1)), from: .reads)
            #expect(lines.all == ["the database is away: no"])
            news.take(.back(after: .seconds(1)), from: .writes)
            #expect(lines.all.count == 2 && lines.all[1].contains("is back"))
            lines.clear()
        }
    }

    @Test func `tells of a table that is not there, and of its return`() async throws {
        let place = try await PostgreSQLPlace()
        let lines = Lines()
        let store = try await PostgreSQLStore.open(url: place.url, log: { lines.note($0) })
        try await place.sql("ALTER TABLE document RENAME TO lost")
        let put = try? await store.putDocument("k", in: "c", of: owner, value: [1])
        #expect(put == nil)
        #expect(lines.all.count { $0.hasPrefix("writing in the database fails:") } == 1)
        try await place.sql("ALTER TABLE lost RENAME TO document")
        try await store.putDocument("k", in: "c", of: owner, value: [1])
        await store.close()
        #expect(lines.all.last == "writing in the database goes well again")
    }
}
