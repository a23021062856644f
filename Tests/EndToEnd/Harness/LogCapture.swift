import Logging
import Synchronization

/// Collects what the server logs, a line an event.
final class LogCapture: Sendable {
    struct Line: Sendable, CustomStringConvertible {
        let level: Logger.Level
        let message: String
        let facts: [String: String]

        var description: String {
            let facts = facts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return ([level.rawValue, message] + facts).joined(separator: " ")
        }
    }

    private struct Waiter {
        let message: String
        let count: Int
        let continuation: CheckedContinuation<[Line], Never>
    }

    private struct State {
        var lines: [Line] = []
        var waiting: [Waiter] = []

        /// Whether there is what the waiter wants; then it is told.
        func satisfy(_ waiter: Waiter) -> Bool {
            let found = lines.filter { $0.message == waiter.message }
            guard found.count >= waiter.count else { return false }
            waiter.continuation.resume(returning: found)
            return true
        }
    }

    private let state = Mutex(State())

    var lines: [Line] { state.withLock { $0.lines } }
    var text: String { lines.map(\.description).joined(separator: "\n") }

    func lines(_ message: String) -> [Line] { lines.filter { $0.message == message } }

    /// The first lines with this message, now or later; the test's time limit is the deadline.
    func first(_ count: Int, _ message: String) async -> [Line] {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                let waiter = Waiter(message: message, count: count, continuation: continuation)
                if !state.satisfy(waiter) { state.waiting.append(waiter) }
            }
        }
    }

    func first(_ message: String) async -> Line {
        await first(1, message)[0]
    }

    fileprivate func take(_ line: Line) {
        state.withLock { state in
            state.lines.append(line)
            let waiting = state.waiting
            state.waiting = waiting.filter { !state.satisfy($0) }
        }
    }

    var logger: Logger { Logger(label: "martlet") { _ in Handler(capture: self) } }

    private struct Handler: LogHandler {
        let capture: LogCapture
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        init(capture: LogCapture) { self.capture = capture }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            capture.take(
                Line(
                    level: event.level,
                    message: "\(event.message)",
                    facts: all.mapValues(\.description)
                )
            )
        }
    }
}
