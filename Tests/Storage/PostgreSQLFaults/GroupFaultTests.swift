import MartletCore
import MartletPostgreSQL
import MartletStorage
import Testing

@testable import MartletStoragePostgreSQL

private let owner = Owner(romeo)

/// What becomes of the calls of a group when the database is damaged under one of them.
@Suite(.timeLimit(.minutes(5)))
struct `A group in PostgreSQL` {
    @Test func `acknowledges nothing that it did not write, whatever row is damaged`()
        async throws
    {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        let entry = NewLogEntry(time: at(1), columns: ["with": "x"], value: [1])
        try await store.append([entry], to: "l", of: owner)
        try await place.sql("UPDATE entry SET columns = '\\x01'")
        let puts = (0..<20).map { number in
            Job.Work.one(.put(key: "\(number)", in: "c", value: [1]), of: owner)
        }
        let trim = Job.Work.one(.trim(.toNewest(0), in: "l"), of: owner)
        try await WriterBench.use(place.url) { bench in
            let results = await bench.write(Array(puts[..<10]) + [trim] + Array(puts[10...]))
            #expect(results.count == 21)
            guard case .corrupt? = results[10].failure else {
                Issue.record("\(results[10])")
                return
            }
            #expect(results.count { $0.hasSucceeded } == 20, "the damage is of one call alone")
        }
        #expect(try await store.countDocuments(in: "c", of: owner) == 20)
        #expect(try await store.size(of: "l", of: owner).count == 1)
        await store.close()
    }

    @Test(arguments: ["9223372036854775807", "-9223372036854775808"])
    func `survives a log whose size cannot be`(size: String) async throws {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        let entry = NewLogEntry(time: at(1), columns: [:], value: [1])
        try await store.append([entry], to: "l", of: owner)
        try await place.sql("UPDATE log SET entries = \(size), bytes = \(size)")
        try await store.append([entry], to: "l", of: owner)
        let ids = try await store.query(LogQuery(limit: 9), in: "l", of: owner).entries.map(\.id)
        #expect(ids.count == 2)
        #expect(try await store.removeEntries(ids, from: "l", of: owner) == 2)
        await store.close()
    }

    @Test func `makes an owner again that was gone before it was locked`() async throws {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        try await place.sql(
            """
            CREATE SEQUENCE tries;
            CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('tries') < 3 THEN RETURN NULL; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER lose BEFORE INSERT ON owner FOR EACH ROW EXECUTE FUNCTION lose()
            """
        )
        let entry = NewLogEntry(time: at(1), columns: [:], value: [1])
        #expect(try await store.append([entry], to: "l", of: owner).count == 1)
        await store.close()
    }

    @Test func `is not done call by call on a full disk`() async throws {
        let place = try await PostgreSQLPlace()
        let store = try await place.open { at(1_000_000) }
        try await place.sql(
            """
            CREATE SEQUENCE tries;
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM nextval('tries');
                RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full';
            END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON document FOR EACH ROW EXECUTE FUNCTION refuse()
            """
        )
        let puts = (0..<100).map { number in
            Job.Work.one(.put(key: "\(number)", in: "c", value: [1]), of: owner)
        }
        try await WriterBench.use(place.url) { bench in
            let results = await bench.write(puts)
            #expect(results.count == 100 && results.allSatisfy { $0.failure == .full })
        }
        let tries = Int(try await place.sql("SELECT last_value FROM tries").filter(\.isNumber))
        #expect(tries.map { $0 < 10 } == true, "\(String(describing: tries))")
        await store.close()
    }
}
