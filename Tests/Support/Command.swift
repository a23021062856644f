import Glibc

/// A program that a test runs to its end.
///
/// Foundation's `Process` reads past a buffer, which ends a run under AddressSanitizer, and its pipes
/// trap when a signal interrupts them.
package enum Command {
    /// What it said, on both outputs, and its status.
    package struct Outcome: Sendable {
        package let status: CInt
        package let said: String
    }

    /// Runs a program that is looked for in `PATH`, in a folder if one is given.
    package static func run(_ words: [String], in folder: String? = nil) -> Outcome {
        let log = "/tmp/martlet-command-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        defer { unlink(log) }
        let words = (folder.map { ["env", "-C", $0] } ?? []) + words
        var arguments = words.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        defer { arguments.forEach { free($0) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var child = pid_t()
        guard posix_spawnp(&child, words[0], &actions, nil, &arguments, environ) == 0 else {
            return Outcome(status: -1, said: "\(words[0]) cannot be run")
        }
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return Outcome(status: status, said: contents(of: log))
    }

    /// Runs a program on a thread of its own: other tests need the pool's few.
    package static func runAside(_ words: [String], in folder: String? = nil) async -> Outcome {
        await withCheckedContinuation { continuation in
            let work = Work { continuation.resume(returning: run(words, in: folder)) }
            let box = Unmanaged.passRetained(work)
            var thread = pthread_t()
            let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
                if let box = $0 { Unmanaged<Work>.fromOpaque(box).takeRetainedValue().body() }
                return nil
            }
            let status = pthread_create(&thread, nil, body, box.toOpaque())
            precondition(status == 0, "the system has no thread left")
            pthread_detach(thread)
        }
    }

    private final class Work {
        let body: () -> Void

        init(_ body: @escaping () -> Void) { self.body = body }
    }

    private static func contents(of path: String) -> String {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(decoding: all, as: UTF8.self) }
            all += buffer[..<count]
        }
    }
}
