package import Logging
import Synchronization

/// Keeps what is logged, and lets a test wait for it.
package final class LogBook: Sendable {
    private struct State {
        var lines: [String] = []
        var waiting: [(message: String, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    package init() {}

    package var lines: [String] { state.withLock { $0.lines } }

    package var logger: Logger { Logger(label: "test") { _ in Handler(book: self) } }

    /// Returns when this was logged, now or later.
    package func wait(for message: String) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                let isThere = state.lines.contains { $0.hasPrefix(message) }
                if !isThere { state.waiting.append((message, continuation)) }
                return isThere
            }
            if isThere { continuation.resume() }
        }
    }

    private func take(_ line: String) {
        let ready = state.withLock { state in
            state.lines.append(line)
            let ready = state.waiting.filter { line.hasPrefix($0.message) }
            state.waiting.removeAll { line.hasPrefix($0.message) }
            return ready.map(\.continuation)
        }
        for waiter in ready { waiter.resume() }
    }

    private struct Handler: LogHandler {
        let book: LogBook
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        init(book: LogBook) { self.book = book }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let facts = metadata.merging(event.metadata ?? [:]) { $1 }
                .map { "\($0.key)=\($0.value)" }.sorted()
            book.take(([event.message.description] + facts).joined(separator: " "))
        }
    }
}
