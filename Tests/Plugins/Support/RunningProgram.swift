import Foundation
import Glibc
import Synchronization
import TestSupport

/// A process of `martlet` that runs until it is told to stop, and what it logs.
final class RunningProgram: Sendable {
    private struct State {
        var lines: [String] = []
        var isOver = false
    }

    private let process: pid_t
    private let state = Mutex(State())
    /// They are told the line, or nil when there will be none.
    private let waiters = Waiters<String, String?>()

    /// Beside the tests, where a build leaves it.
    static let martlet = URL(
        filePath: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            ?? ""
    )
    .deletingLastPathComponent().appending(path: "martlet").path

    /// Starts it with these arguments; a folder that is named in `config.json` is from the root on.
    init(_ arguments: [String]) throws {
        var words =
            ([Self.martlet] + arguments).map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        defer { words.forEach { free($0) } }
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw WorkshopFault(description: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var child = pid_t()
        let status = posix_spawn(&child, Self.martlet, &actions, nil, &words, environ)
        Glibc.close(ends[1])
        guard status == 0 else {
            Glibc.close(ends[0])
            throw WorkshopFault(description: "\(Self.martlet) cannot be run")
        }
        process = child
        let reading = ends[0]
        Thread.detachNewThread { [self] in read(reading) }
    }

    /// Sends a signal; only to a process of this test.
    func send(_ signal: CInt) { kill(process, signal) }

    /// Ends it, however the test ends; does nothing to one that is gone.
    func stop() {
        if state.withLock({ !$0.isOver }) { send(SIGKILL) }
    }

    var lines: [String] { state.withLock { $0.lines } }

    /// The first line with this in it, now or later; nil when the process ended without, or the test did.
    func line(with text: String) async -> String? {
        let found = await waiters.wait(for: text) {
            state.withLock { state in
                let line = state.lines.first { $0.contains(text) }
                return line == nil && !state.isOver ? nil : .some(line)
            }
        }
        return found ?? nil
    }

    /// Returns when the process is gone.
    func ended() async { _ = await line(with: "\u{0}never logged") }

    // MARK: On a thread of its own

    private func read(_ descriptor: CInt) {
        var rest = ""
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest += String(decoding: buffer[..<count], as: UTF8.self)
            var lines = rest.split(separator: "\n", omittingEmptySubsequences: false)
            rest = String(lines.removeLast())
            for line in lines { take(String(line)) }
        }
        Glibc.close(descriptor)
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        state.withLock { $0.isOver = true }
        waiters.tell { _ in .some(nil) }
    }

    private func take(_ line: String) {
        state.withLock { $0.lines.append(line) }
        waiters.tell { line.contains($0) ? .some(line) : nil }
    }
}
