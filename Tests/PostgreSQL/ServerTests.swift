import TestSupport
import Testing

struct ServerTests {
    @Test func `gives each test a database of its own`() async throws {
        let server = try await PostgreSQLServer.shared()
        let first = try await server.makeDatabase()
        try await server.sql("CREATE TABLE things (name text)", in: first)
        let second = try await server.makeDatabase()
        await #expect(throws: PostgreSQLServer.Failure.self) {
            try await server.sql("SELECT * FROM things", in: second)
        }
        #expect(try await server.sql("SELECT count(*) FROM things", in: first) == "0\n")
    }
}
