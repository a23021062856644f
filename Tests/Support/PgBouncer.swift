/// pgbouncer before a server, pooling by transaction, on a port of 127.0.0.1.
package final class PgBouncer: Sendable {
    package let port: UInt16
    private let folder: String
    private let process: String

    /// Starts it, as `postgres` if this is root.
    ///
    /// - Throws: `PostgreSQLServer.Failure`, with what it said.
    package init(before server: PostgreSQLServer, sessions: Int = 3) async throws {
        port = try freePort()
        let configuration = """
            [databases]
            * = host=\(server.folder) port=\(server.port) user=postgres
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(port)
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = \(sessions)
            """
        let said = try await PostgreSQLServer.run([
            "sh", "-c", Self.script, "sh", server.folder, String(port), configuration,
        ])
        let lines = said.split(separator: "\n").map(String.init)
        guard lines.count >= 2 else { throw PostgreSQLServer.Failure(description: said) }
        folder = lines[lines.count - 2]
        process = lines[lines.count - 1]
    }

    package func stop() async {
        _ = await Command.runAside(["sh", "-c", "kill \(process); rm -rf \(folder)"])
    }

    /// In the server's folder, which goes with the server: `sh FOLDER PORT CONFIGURATION`.
    private static let script = """
        set -e
        folder="$1/pgbouncer-$2"
        mkdir "$folder"
        printf '%s\\nlogfile = %s/log\\npidfile = %s/pid\\n' "$3" "$folder" "$folder" \\
            >"$folder/ini"
        as=
        if [ "$(id -u)" -eq 0 ]; then
            chown -R postgres:postgres "$folder"
            as="setpriv --reuid=postgres --regid=postgres --init-groups --"
        fi
        $as /usr/sbin/pgbouncer -q -d "$folder/ini"
        for _ in $(seq 100); do [ ! -s "$folder/pid" ] || break; sleep 0.05; done
        echo "$folder"
        cat "$folder/pid"
        """
}
