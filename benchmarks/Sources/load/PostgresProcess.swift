import Foundation
import Glibc

/// A PostgreSQL server with Debian's defaults in a folder of its own, which goes with it.
struct PostgresProcess {
    let url: String
    private let child: Child
    private let folder: String

    /// Makes a cluster and starts its server, as `postgres` if this is root.
    init() throws {
        folder = "/tmp/martlet-load-pg-\(getpid())"
        let log = folder + ".log"
        // The shell hears of our end, and ends the server.
        child = try Child(
            ["setpriv", "--pdeathsig", "TERM", "sh", "-c", Self.script, "sh", folder],
            log: log
        )
        url = "postgresql://postgres@/postgres?host=\(folder)"
        for _ in 0..<600 {
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            if said.contains("cluster is up") { return }
            if child.exitStatus(within: 0.1) != nil { throw LoadError("no server: \(said)") }
        }
        stop()
        throw LoadError("the PostgreSQL server does not come up")
    }

    func stop() { child.stop(within: 30) }

    /// What all its processes have used so far.
    func cpuSeconds() -> Double {
        let said = try? String(contentsOfFile: "\(folder)/data/postmaster.pid", encoding: .utf8)
        guard let line = said?.split(separator: "\n").first, let pid = Int32(line) else {
            return .nan
        }
        return ProcessMeter.secondsWithChildren(pid)
    }

    private static let script = """
        set -e
        folder=$1
        bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
        mkdir -m 700 "$folder"
        as=
        if [ "$(id -u)" -eq 0 ]; then
            chown postgres:postgres "$folder"
            as="setpriv --reuid=postgres --regid=postgres --init-groups --"
        fi
        cd "$folder"
        finish() {
            trap - TERM INT EXIT
            $as "$bin/pg_ctl" -s -m immediate -D data stop || true
            cd /
            rm -rf "$folder" "$folder.log"
        }
        trap 'finish; exit' TERM INT EXIT
        $as "$bin/initdb" -D data -U postgres --auth=trust -E UTF8 --locale=C >/dev/null
        printf "listen_addresses = ''\\nunix_socket_directories = '%s'\\n" "$folder" \\
            >>data/postgresql.conf
        $as "$bin/pg_ctl" -s -w -D data -l log start
        echo "cluster is up"
        while :; do sleep 3600 & wait $!; done
        """
}
