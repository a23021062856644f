import MartletCore
import MartletPostgreSQL
import MartletStorage
import Testing

@testable import MartletStoragePostgreSQL

@Suite(.timeLimit(.minutes(5)))
struct `Names in PostgreSQL` {
    @Test func `have their numbers though more are met than are remembered`() async throws {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        let entry = NewLogEntry(time: at(1), columns: ["with": "x", "by": "y"], value: [1])
        let owners = (0..<12).map { Owner(domain: "\($0).example", name: "a") }
        try await WriterBench.use(place.url, names: Names(limit: 4)) { bench in
            for _ in 0..<2 {
                let works = owners.map { owner in
                    Job.Work.one(.append([entry], to: "l of \(owner.domain)"), of: owner)
                }
                let results = await bench.write(works)
                #expect(results.filter(\.hasSucceeded).count == 12)
            }
        }
        for owner in owners {
            let filters = [LogFilter.column("with", .equal("x")), .column("by", .equal("y"))]
            let query = LogQuery(filters, limit: 9)
            let log = "l of \(owner.domain)"
            #expect(try await store.query(query, in: log, of: owner).entries.count == 2)
        }
        #expect(try await place.sql("SELECT count(*) FROM log WHERE collection = 0") == "0\n")
        await store.close()
    }

    @Test func `are found or made, and nowhere numbered zero`() async throws {
        let place = try await PostgreSQLPlace()
        await (try await place.open { at(1_000_000) }).close()
        let names = Names(limit: 4)
        let all = (0..<6).map { "\($0)" }
        try await WriterBench.use(place.url) { bench in
            let (none, made, again) = try await bench.pool.withConnection {
                (connection: isolated Connection) async throws(DatabaseError) in
                let met = Set(all.map { ByteText($0) })
                return (
                    try await names.meet(met, mayMake: false, on: connection),
                    try await names.meet(met, mayMake: true, on: connection),
                    try await names.meet(met, mayMake: false, on: connection)
                )
            }
            #expect(all.allSatisfy { none[$0] == 0 })
            #expect(Set(all.map { made[$0] }).count == 6)
            #expect(all.allSatisfy { made[$0] > 0 && made[$0] == again[$0] })
        }
    }
}
