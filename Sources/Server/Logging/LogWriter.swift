import Foundation
import Glibc
import Synchronization

/// Where lines of the log go: a descriptor, by a thread of its own.
///
/// No shard waits for whoever reads the log. Lines that are not urgent wait a moment for others, so
/// that a thousand logins are a few calls of the kernel; urgent ones take along what waits.
final class LogWriter: Sendable {
    /// What the process says; what still waits is written when it exits.
    static let standardError: LogWriter = {
        atexit { LogWriter.standardError.flush() }
        return LogWriter(STDERR_FILENO)
    }()

    /// How long a line may wait, in microseconds.
    private static let patience = 50_000
    /// Bytes that may wait; what comes then is counted and dropped.
    static let byteLimit = 4 * 1_048_576

    private struct State {
        var waiting: [UInt8] = []
        var lostLines = 0
        /// Whether the thread was told that there is something.
        var isAwake = false
        var isUrgent = false
    }

    private let state = Mutex(State())
    /// One writes at a time, so that lines stay in their order.
    private let writing = Mutex<Void>(())
    private let bell = DispatchSemaphore(value: 0)
    private let descriptor: CInt

    /// Begins a thread that lives as long as the process.
    init(_ descriptor: CInt) {
        self.descriptor = descriptor
        Thread.detachNewThread { self.run() }
    }

    /// Takes a line without its end.
    func put(_ line: [UInt8], isUrgent: Bool) {
        let wakes = state.withLock { state in
            guard state.waiting.count < Self.byteLimit else {
                state.lostLines += 1
                return false
            }
            state.waiting += line
            state.waiting.append(Self.lineFeed)
            defer {
                state.isAwake = true
                if isUrgent { state.isUrgent = true }
            }
            return !state.isAwake || isUrgent && !state.isUrgent
        }
        if wakes { bell.signal() }
    }

    /// Writes what waits; returns when it is written.
    func flush() {
        writing.withLock { _ in
            let bytes = state.withLock { state in
                defer { (state.waiting, state.lostLines, state.isUrgent) = ([], 0, false) }
                guard state.lostLines > 0 else { return state.waiting }
                let loss = "\(state.lostLines) lines of the log were lost here: nobody took them\n"
                return state.waiting + Array(loss.utf8)
            }
            write(bytes)
        }
    }

    private func run() {
        while true {
            if state.withLock({ Self.sleeps(&$0) }) { bell.wait() }
            if !state.withLock({ $0.isUrgent }) {
                _ = bell.wait(timeout: .now() + .microseconds(Self.patience))
            }
            flush()
        }
    }

    /// Whether there is nothing to do until somebody rings.
    private static func sleeps(_ state: inout State) -> Bool {
        if state.waiting.isEmpty { state.isAwake = false }
        return !state.isAwake
    }

    /// What nobody takes any more is gone: there is nowhere to say so.
    private func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = Glibc.write(descriptor, part.baseAddress, part.count)
                guard count > 0 || errno == EINTR || waitsForReader() else { return }
                rest = rest.dropFirst(max(0, count))
            }
        }
    }

    /// A descriptor that somebody made non-blocking takes nothing for now.
    private func waitsForReader() -> Bool {
        guard errno == EAGAIN else { return false }
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, 1_000) >= 0
    }

    private static let lineFeed = UInt8(ascii: "\n")
}
