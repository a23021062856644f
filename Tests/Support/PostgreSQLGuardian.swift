import Glibc
import Synchronization

/// A shell that stops a server and removes its folder when a pipe to it closes.
///
/// Only this process holds the pipe's other end, so that it closes however the process ends. The shell is
/// no child of this process: one that had ended, and that nobody asks for, would stand before all others
/// where Swift Testing waits for the processes of its exit tests, which then never return.
final class PostgreSQLGuardian: Sendable {
    private let pipe: Mutex<CInt>

    init(of folder: String, programs: String) throws {
        var ends: [CInt] = [-1, -1]
        // Not `pipe`: programs that are started meanwhile must not inherit it.
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw PostgreSQLServer.Failure(description: "there is no descriptor left")
        }
        defer { close(ends[0]) }
        pipe = Mutex(ends[1])
        let words =
            ["setsid", "--fork", "sh", "-c", Self.script, "sh", folder]
            + PostgreSQLServer.asServer + ["\(programs)/pg_ctl"]
        guard Self.run(words, reading: ends[0]) else {
            throw PostgreSQLServer.Failure(description: "no shell can be run")
        }
    }

    /// Has the server stopped, without waiting for it.
    func dismiss() {
        pipe.withLock { end in
            if end >= 0 { close(end) }
            end = -1
        }
    }

    deinit { dismiss() }

    private static let script = """
        folder=$1; shift
        cat >/dev/null
        "$@" -s -m immediate -D "$folder/data" stop
        rm -rf "$folder"
        """

    /// Runs a program whose input is a descriptor, and whose outputs are nothing, to its end.
    private static func run(_ words: [String], reading input: CInt) -> Bool {
        var arguments = words.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        defer { arguments.forEach { free($0) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var child = pid_t()
        guard posix_spawnp(&child, words[0], &actions, nil, &arguments, environ) == 0 else {
            return false
        }
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status == 0
    }
}
