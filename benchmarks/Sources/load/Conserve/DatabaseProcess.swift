import Foundation
import Glibc

/// A PostgreSQL of our own, with data that go with it: made to be killed.
///
/// It runs as `postgres` when this program runs as root, listens on a socket in its folder alone, and
/// waits for the disk (`fsync`), as one that is relied on.
struct DatabaseProcess: Sendable {
    let folder: String
    private let programs: String
    private let port: UInt16

    /// Makes a cluster and starts its server.
    init() throws {
        let list = "ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1"
        programs = try Self.run(["sh", "-c", list]).trimmingCharacters(in: .whitespacesAndNewlines)
        port = UInt16.random(in: 20_000..<32_000)
        let made = try Self.run(["sh", "-c", Self.creation, "sh", programs, "\(port)"])
        guard let folder = made.split(separator: "\n").last else {
            throw LoadError("there is no PostgreSQL here")
        }
        self.folder = String(folder)
        try start()
    }

    var url: String { "postgresql://postgres@/postgres?host=\(folder)&port=\(port)" }

    /// Starts it, however it ended: what is left of one that was killed holds its memory for a moment.
    func start() throws {
        for _ in 0..<100 {
            if (try? control("-w", "start")) != nil { return }
            usleep(100_000)
        }
        try control("-w", "start")
    }

    /// Ends it without tidying up; it recovers from its log.
    func stopAtOnce() throws { try control("-m", "immediate", "-w", "stop") }

    func killPostmaster() throws { kill(try postmaster(), SIGKILL) }

    /// Kills the backend of one of the connections, upon which the server ends all of them and recovers.
    func killBackend(using dice: inout Dice) throws {
        let postmaster = try postmaster()
        let children = try Self.run(["ps", "-o", "pid=,args=", "--ppid", "\(postmaster)"])
        let clients = children.split(separator: "\n").filter { $0.contains("[local]") }
        guard let client = clients.randomElement(using: &dice),
            let pid = client.split(separator: " ").first.flatMap({ Int32($0) })
        else { return }
        kill(pid, SIGKILL)
    }

    func remove() {
        _ = try? stopAtOnce()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func postmaster() throws -> Int32 {
        let text = try String(contentsOfFile: "\(folder)/data/postmaster.pid", encoding: .utf8)
        guard let pid = text.split(separator: "\n").first.flatMap({ Int32($0) }) else {
            throw LoadError("nobody knows the postmaster")
        }
        return pid
    }

    private func control(_ words: String...) throws {
        let user =
            geteuid() == 0
            ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] : []
        let place = ["-l", "\(folder)/log", "-D", "\(folder)/data"]
        try Self.run(user + ["\(programs)/pg_ctl", "-s", "-t", "60"] + place + words)
    }

    /// Runs a command, and gives what it said.
    @discardableResult
    private static func run(_ command: [String]) throws -> String {
        let log = FileManager.default.temporaryDirectory
            .appendingPathComponent("martlet-load-\(getpid())-\(UInt32.random(in: 0 ... .max))")
            .path
        defer { try? FileManager.default.removeItem(atPath: log) }
        let status = try Child(command, log: log).exitStatus(within: 90)
        let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        guard status == 0 else { throw LoadError("\(command[0]) failed: \(said)") }
        return said
    }

    /// `sh PROGRAMS PORT`; says the folder last.
    private static let creation = """
        set -e
        folder=$(mktemp -d /tmp/martlet-load-pg-XXXXXX)
        as=
        if [ "$(id -u)" -eq 0 ]; then
            chown postgres:postgres "$folder"
            as="setpriv --reuid=postgres --regid=postgres --init-groups --"
        fi
        cd "$folder"
        $as "$1/initdb" -D data -U postgres --auth=trust -E UTF8 --locale=C --no-sync
        cat >>data/postgresql.conf <<EOF
        port = $2
        listen_addresses = ''
        unix_socket_directories = '$folder'
        lc_messages = 'C'
        shared_buffers = 64MB
        EOF
        echo "$folder"
        """
}
