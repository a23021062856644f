import Glibc
import Synchronization

/// A PostgreSQL server that tests start for themselves, with data in a folder that goes with it.
///
/// It runs as `postgres` when the tests run as root, listens on a Unix socket in its folder and on a port
/// of 127.0.0.1, and trusts whoever asks but for the role `guarded`, whose password is `secret`.
/// A shell that stands beside it stops it, and removes the folder, when this process ends in any way.
package final class PostgreSQLServer: Sendable {
    /// How `pg_ctl` stops a server: `immediate` is a crash, after which it recovers from its log.
    package enum Stop: String, Sendable { case fast, immediate }

    /// What a program of PostgreSQL said when it failed.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Where its socket, its data and its log (`log`) are.
    package let folder: String
    package let port: UInt16
    private let programs: String
    private let guardian: PostgreSQLGuardian
    /// What runs a program where there is a small file system in the folder; nothing, if there is none.
    private let mounting: [String]
    private let counter = Mutex(0)

    /// The one that all tests share: what it acknowledges is not on disk, for speed.
    ///
    /// A test that stops its server starts one of its own.
    package static func shared() async throws -> PostgreSQLServer { try await sharedTask.value }

    // It is a child of nobody, because it outlives the test that asked first; each who asks waits for it.
    private static let sharedTask = Task.detached { try await PostgreSQLServer(isDurable: false) }

    /// A cluster takes seconds of a core to make; made all at once they would starve the rest.
    private static let makings = Gate(places: 2)

    /// Makes a cluster and starts its server.
    ///
    /// - Parameters:
    ///   - isDurable: whether a commit waits for the disk (`fsync`).
    ///   - settings: lines of `postgresql.conf`.
    ///   - files: more files in the folder of the data, such as keys, by name.
    ///   - tableMegabytes: the size of a file system that all tables are in, which only the server's
    ///     processes see, and which ends with them; needs `canMount`.
    /// - Throws: `Failure`, with what the program said.
    package init(
        isDurable: Bool = true,
        settings: [String] = [],
        files: [String: String] = [:],
        tableMegabytes: Int? = nil
    ) async throws {
        programs = try await Self.findPrograms()
        port = try freePort()
        let lines = settings + [isDurable ? "fsync = on" : "fsync = off"]
        let words =
            ["sh", "-c", Self.folderScript + Self.creation, "sh", programs, String(port)]
            + [lines.joined(separator: "\n")] + files.flatMap { [$0.key, $0.value] }
        let said = try await Self.makings.pass { try await Self.run(words) }
        folder = String(said.split(separator: "\n").last ?? "")
        guardian = try PostgreSQLGuardian(of: folder, programs: programs)
        mounting = Self.mounting(tableMegabytes, at: "\(folder)/tables")
        try await start()
        if tableMegabytes != nil { try await keepTablesApart() }
    }

    /// Makes a standby that follows another server, and starts it.
    ///
    /// - Throws: `Failure`, with what the program said.
    package init(standbyOf primary: PostgreSQLServer) async throws {
        programs = primary.programs
        port = try freePort()
        let said = try await Self.run(
            ["sh", "-c", Self.folderScript + Self.copying, "sh", programs, String(port)]
                + [primary.folder, String(primary.port)]
        )
        folder = String(said.split(separator: "\n").last ?? "")
        guardian = try PostgreSQLGuardian(of: folder, programs: programs)
        mounting = []
        try await start()
    }

    deinit { guardian.dismiss() }

    /// The URL of a database, over the Unix socket or over TCP.
    package func url(
        of database: String = "postgres",
        overTCP isOverTCP: Bool = false,
        user: String = "postgres"
    ) -> String {
        isOverTCP
            ? "postgresql://\(user)@127.0.0.1:\(port)/\(database)?sslmode=disable"
            : "postgresql://\(user)@/\(database)?host=\(folder)&port=\(port)"
    }

    /// Makes an empty database, and gives its name.
    package func makeDatabase() async throws -> String {
        let number = counter.withLock { count in
            count += 1
            return count
        }
        let name = "test\(number)"
        try await sql("CREATE DATABASE \(name) TEMPLATE template0")
        return name
    }

    /// Has `psql` do something, and gives what it printed, unaligned and without headings.
    @discardableResult
    package func sql(_ text: String, in database: String = "postgres") async throws -> String {
        try await Self.run([
            "\(programs)/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
            "-h", folder, "-p", String(port), "-U", "postgres", "-c", text, database,
        ])
    }

    package func start() async throws { try await control(["-w", "start"], by: mounting) }

    package func stop(_ how: Stop = .fast) async throws {
        try await control(["-m", how.rawValue, "-w", "stop"])
    }

    /// Makes a standby a server that takes writes, and waits until it does.
    package func promote() async throws { try await control(["-w", "promote"]) }

    /// Reads its configuration again.
    package func reload() async throws { try await control(["reload"]) }

    private func control(_ words: [String], by runner: [String] = []) async throws {
        let log = ["-l", "\(folder)/log", "-D", "\(folder)/data"]
        try await Self.run(
            runner + Self.asServer + ["\(programs)/pg_ctl", "-s", "-t", "60"] + log + words
        )
    }

    /// What makes a command run as the user whose the server's files are.
    package static var asServer: [String] {
        geteuid() == 0
            ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] : []
    }

    /// Runs a command off the shared pool, and gives what it said.
    @discardableResult
    package static func run(_ words: [String]) async throws -> String {
        let outcome = await Command.runAside(words)
        guard outcome.status == 0 else { throw Failure(description: outcome.said) }
        return outcome.said
    }

    private static func findPrograms() async throws -> String {
        let script = "ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1; command -v pg_ctl"
        let said = await Command.runAside(["sh", "-c", script]).said
        let first = said.split(separator: "\n").first { $0.hasPrefix("/") }
        guard let first else { throw Failure(description: "there is no PostgreSQL: .ci/packages") }
        return first.hasSuffix("/pg_ctl") ? String(first.dropLast(7)) : String(first)
    }

    /// Makes a folder, and goes there; `$as` is what runs a program as its owner.
    private static let folderScript = """
        set -e
        folder=$(mktemp -d /tmp/martlet-pg-XXXXXX)
        as=
        if [ "$(id -u)" -eq 0 ]; then
            chown postgres:postgres "$folder"
            as="setpriv --reuid=postgres --regid=postgres --init-groups --"
        fi
        cd "$folder"

        """

    /// Whether a file system can be mounted that nobody else sees: `root` can, outside of most containers.
    package static var canMount: Bool {
        get async {
            let script = "mount -t tmpfs -o size=1m none /mnt"
            guard geteuid() == 0 else { return false }
            return await Command.runAside(["unshare", "-m", "sh", "-c", script]).status == 0
        }
    }

    private static func mounting(_ megabytes: Int?, at folder: String) -> [String] {
        guard let megabytes else { return [] }
        return ["unshare", "-m", "sh", "-c", mountScript, "sh", "\(megabytes)m", folder]
    }

    private func keepTablesApart() async throws {
        try await sql("CREATE TABLESPACE apart LOCATION '\(folder)/tables'")
        try await sql("ALTER ROLE ALL SET default_tablespace = 'apart'")
    }

    /// Mounts and runs: `sh SIZE FOLDER PROGRAM…`.
    private static let mountScript = """
        mkdir -p "$2"
        mount -t tmpfs -o "size=$1,mode=700,uid=postgres,gid=postgres" none "$2" || exit 1
        shift 2
        exec "$@"
        """

    /// Copies a cluster: `sh PROGRAMS PORT SOCKETS PORT`, the last two another server's; says its folder last.
    private static let copying = """
        $as "$1/pg_basebackup" -D data -R -c fast --no-sync -U postgres -h "$3" -p "$4" >log 2>&1 \\
            || { cat log; exit 1; }
        cat >>data/postgresql.conf <<EOF
        port = $2
        unix_socket_directories = '$folder'
        EOF
        if [ -n "$as" ]; then chown -R postgres:postgres "$folder"; fi
        echo "$folder"
        """

    /// Makes the cluster: `sh PROGRAMS PORT SETTINGS [NAME TEXT]…`; says its folder last.
    private static let creation = """
        $as "$1/initdb" -D data -U postgres --auth=trust -E UTF8 --locale=C --no-sync >log 2>&1 \\
            || { cat log; exit 1; }
        cat >data/pg_hba.conf <<EOF
        host all guarded 127.0.0.1/32 scram-sha-256
        local all,replication all trust
        host all all 127.0.0.1/32 trust
        EOF
        cat >>data/postgresql.conf <<EOF
        port = $2
        listen_addresses = '127.0.0.1'
        unix_socket_directories = '$folder'
        log_min_messages = warning
        lc_messages = 'C'
        shared_buffers = 64MB
        max_connections = 100
        $3
        EOF
        shift 3
        while [ $# -gt 1 ]; do
            printf '%s' "$2" >"data/$1"
            chmod 600 "data/$1"
            shift 2
        done
        if [ -n "$as" ]; then chown -R postgres:postgres "$folder"; fi
        echo "$folder"
        """
}
