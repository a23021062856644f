import MartletCore
import MartletStorage
import MartletStoragePostgreSQL
import Testing

@Suite(.timeLimit(.minutes(5)))
struct `Migrations in PostgreSQL` {
    @Test func `take longer than a statement may`() async throws {
        let place = try await PostgreSQLPlace()
        let lock = "SELECT pg_advisory_xact_lock(1297241164, hashtext('\(place.schema)'))"
        let holder = try await Holder(place.url, lock)
        let url = place.url + "%20-cstatement_timeout%3D1s%20-clock_timeout%3D1s"
        async let opening = PostgreSQLStore.open(url: url)
        let waiting = """
            SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
            AND objid = hashtext('\(place.schema)')::oid
            """
        while try await place.sql(waiting) != "1\n" { await Task.yield() }
        _ = try await holder.ask("SELECT pg_sleep(2)")
        #expect(try await place.sql(waiting) == "1\n", "it waits still")
        try await holder.letGo()
        await (try await opening).close()
        #expect(try await place.sql("SELECT max(version) FROM martlet_migration") == "2\n")
    }
}
