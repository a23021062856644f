import MartletCore
import MartletPostgreSQL
import MartletStorage
import TestSupport
import Testing

@testable import MartletStoragePostgreSQL

private let owner = Owner(romeo)

/// Who waits for whom, while somebody else holds a lock in the database.
@Suite(.timeLimit(.minutes(5)))
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

    @Test func `on one owner fail nobody else`() async throws {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        try await store.putDocument("k", in: "c", of: owner, value: [1])
        let holder = try await Holder(place.url, "SELECT id FROM owner FOR UPDATE")
        let others = (0..<200).map { number in
            let other = Owner(domain: "x.example", name: "\(number)")
            return Job.Work.one(.put(key: "k", in: "c", value: [1]), of: other)
        }
        let stuck = Job.Work.one(.put(key: "k", in: "c", value: [2]), of: owner)
        try await WriterBench.use(place.url) { bench in
            let results = await bench.write([stuck] + others)
            #expect(results.map(\.hasSucceeded) == [false] + others.map { _ in true })
        }
        try await holder.letGo()
        #expect(try await store.document("k", in: "c", of: owner)?.value == [1])
        await store.close()
    }

    @Test func `are taken by a batch before it looks, also of an owner that is new`()
        async throws
    {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        // Gives the domain and the collection their numbers.
        let another = Owner(domain: owner.domain, name: "another")
        try await store.putDocument("k", in: "c", of: another, value: [1])
        let holder = try await Holder(
            place.url,
            "INSERT INTO owner (domain, name) SELECT domain, 'new' FROM owner",
            """
            INSERT INTO document (owner, collection, key, version, value)
            SELECT o.id, d.collection, 'first', nextval('number'), ''
            FROM owner AS o, document AS d WHERE o.name = 'new'
            """
        )
        let new = Owner(domain: owner.domain, name: "new")
        async let outcomes = store.perform(
            [
                .countDocuments(in: "c"), .put(key: "second", in: "c", value: [1]),
                .countDocuments(in: "c"),
            ],
            of: new
        )
        try await holder.waitUntilWanted()
        _ = try await holder.ask("COMMIT")
        let found = try await outcomes
        #expect([found[0], found[2]] == [.count(1), .count(2)])
        try await holder.letGo()
        await store.close()
    }

    @Test func `on an account hold up no other call of its group`() async throws {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        try await store.createAccount(Account(romeo))
        let holder = try await Holder(place.url, "SELECT domain FROM account FOR UPDATE")
        var works = (0..<8).map { number in
            Job.Work.one(.put(key: "\(number)", in: "c", value: [1]), of: owner)
        }
        works.insert(.disabling(romeo), at: 3)
        try await WriterBench.use(place.url) { bench in
            let results = await bench.write(works)
            let failures = "\(results.map(\.failure))"
            #expect(results.map(\.hasSucceeded) == works.indices.map { $0 != 3 }, "\(failures)")
        }
        try await holder.letGo()
        await store.close()
    }

    @Test func `are taken in one order by all nodes, whatever the order of the calls`()
        async throws
    {
        let server = try await PostgreSQLServer(
            isDurable: false,
            settings: ["deadlock_timeout = 10ms"]
        )
        await (try await PostgreSQLStore.open(url: server.url())).close()
        let (a, b) = (Owner(domain: "x.example", name: "a"), Owner(domain: "x.example", name: "b"))
        try await WriterBench.use(server.url()) { one in
            try await WriterBench.use(server.url()) { other in
                async let ahead = repeat50(works(a, b), on: one)
                async let across = repeat50(works(b, a), on: other)
                let results = await ahead + across
                #expect(results.count { $0.hasSucceeded } > 250, "a stalled one may be too slow")
            }
        }
        let log = try await PostgreSQLServer.run(["cat", "\(server.folder)/log"])
        #expect(!log.contains("deadlock detected"), "\(log)")
    }

    @Test func `are taken in one order also of owners that another node just made`()
        async throws
    {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        // Gives the domain its number.
        try await store.putDocument("k", in: "c", of: owner, value: [1])
        let (a, b) = (
            Owner(domain: owner.domain, name: "a"), Owner(domain: owner.domain, name: "b")
        )
        let insert = "INSERT INTO owner (domain, name) SELECT domain, "
        let first = try await Holder(place.url, insert + "'a' FROM owner")
        let second = try await Holder(place.url, insert + "'b' FROM owner")
        try await WriterBench.use(place.url, { $0.statementTimeout = .zero }) { bench in
            async let count = bench.commit(works(b, a), lockLimit: .seconds(250))
            // It found neither, and makes both.
            try await first.waitUntilWanted()
            _ = try await first.ask("COMMIT")
            try await second.waitUntilWanted()
            _ = try await first.ask("BEGIN")
            _ = try await first.ask("SELECT FROM owner WHERE name = 'a' FOR UPDATE")
            _ = try await second.ask("COMMIT")
            try await first.waitUntilWanted()
            let free = try await first.ask(
                "SELECT FROM owner WHERE name = 'b' FOR UPDATE SKIP LOCKED"
            )
            #expect(free.count == 1, "who waits for the first does not have the second")
            try await first.letGo()
            try await second.letGo()
            #expect(try await count == 3)
        }
        await store.close()
    }

    @Test func `of a process that was frozen in a transaction end within seconds`()
        async throws
    {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        try await store.putDocument("k", in: "c", of: owner, value: [1])
        try await WriterBench.use(place.url) { frozen in
            let connection = try await frozen.pool.lease()
            let lock = Query("SELECT id FROM owner FOR UPDATE")
            _ = try await connection.round(Transaction.begin() + [lock])
            var isHeld = true
            while isHeld {
                let put = try? await store.putDocument("k", in: "c", of: owner, value: [2])
                isHeld = put == nil
            }
            await frozen.pool.giveBack(connection)
        }
        await store.close()
    }
}

extension Job.Work {
    /// Keeps an account from logging in.
    static func disabling(_ jid: JID) -> Job.Work {
        .statement(
            Direct(
                statement: PostgreSQLStore.writeDisabled,
                names: [jid.domainpart],
                parameters: [.bytes(Array((jid.localpart ?? "").utf8)), .boolean(true)]
            )
        )
    }
}

/// The trim begins a second segment, which has another owner.
private func works(_ first: Owner, _ second: Owner) -> [Job.Work] {
    let entry = NewLogEntry(time: at(1), columns: [:], value: [1])
    return [
        .one(.append([entry], to: "l"), of: first),
        .one(.trim(.toNewest(1), in: "l"), of: first),
        .one(.put(key: "k", in: "c", value: [1]), of: second),
    ]
}

/// Does the same group fifty times, and gives all answers.
private func repeat50(_ works: [Job.Work], on bench: WriterBench) async -> [Job.Result] {
    var results: [Job.Result] = []
    for _ in 0..<50 { results += await bench.write(works) }
    return results
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
