import Glibc
import Synchronization

/// A process started by this one.
struct Child {
    let pid: Int32
    private static let running = Mutex<Set<Int32>>([])

    /// Starts a program, found in the path, that writes what it says to the end of a file.
    init(_ command: [String], log: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var arguments = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: Int32 = 0
        let status = posix_spawnp(&pid, command[0], &actions, nil, &arguments, environ)
        guard status == 0 else { throw LoadError("\(command[0]) could not be started") }
        self.pid = pid
        Self.running.withLock { _ = $0.insert(pid) }
    }

    /// Ends all of them at once.
    static func killAll() {
        for pid in running.withLock({ $0 }) { kill(pid, SIGKILL) }
    }

    /// Waits for its end, so many seconds at most; nil when it goes on.
    func exitStatus(within seconds: Double) -> Int32? {
        let end = ProcessMeter.wallSeconds() + seconds
        repeat {
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) != 0 {
                Self.running.withLock { _ = $0.remove(pid) }
                return status
            }
            usleep(10_000)
        } while ProcessMeter.wallSeconds() < end
        return nil
    }

    /// Asks it to end, and ends it when it does not.
    func stop(within seconds: Double) {
        kill(pid, SIGTERM)
        guard exitStatus(within: seconds) == nil else { return }
        kill(pid, SIGKILL)
        _ = exitStatus(within: 5)
    }
}
