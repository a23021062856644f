import Logging
import Synchronization
import TestSupport

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

    private let said = Mutex<[Line]>([])
    private let waiters = Waiters<(message: String, count: Int), [Line]>()

    var lines: [Line] { said.withLock { $0 } }
    var text: String { lines.map(\.description).joined(separator: "\n") }

    func lines(_ message: String) -> [Line] { lines.filter { $0.message == message } }

    /// The first lines with this message, now or later; the test's time limit is the deadline.
    func first(_ count: Int, _ message: String) async throws -> [Line] {
        let found = await waiters.wait(for: (message, count)) { lines(message, atLeast: count) }
        guard let found else {
            throw Disappointment(description: "waited in vain for \(count) × \(message)")
        }
        return found
    }

    func first(_ message: String) async throws -> Line {
        try await first(1, message)[0]
    }

    private func lines(_ message: String, atLeast count: Int) -> [Line]? {
        let found = lines(message)
        return found.count >= count ? found : nil
    }

    fileprivate func take(_ line: Line) {
        said.withLock { $0.append(line) }
        waiters.tell { wish in
            wish.message == line.message ? lines(wish.message, atLeast: wish.count) : nil
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
