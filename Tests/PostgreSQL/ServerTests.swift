import Glibc
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

    /// A child that has ended, and that nobody asks for, keeps exit tests from returning.
    @Test func `is watched by a shell that is no child of the tests`() async throws {
        let server = try await PostgreSQLServer(isDurable: false)
        let script = """
            for process in /proc/[0-9]*; do
                [ "$process" != "/proc/$$" ] || continue
                case $(tr '\\0' ' ' <"$process/cmdline") in
                    *"cat >/dev/null"*"$1"*) sed -n 's/^PPid:[[:space:]]*//p' "$process/status" ;;
                esac
            done 2>/dev/null
            """
        let said = try await PostgreSQLServer.run(["sh", "-c", script, "sh", server.folder])
        let parents = said.split(separator: "\n").compactMap { pid_t($0) }
        #expect(parents.count == 1)
        #expect(!parents.contains(getpid()))
        try await server.stop()
    }
}
