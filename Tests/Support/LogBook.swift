package import Logging
import Synchronization

/// Keeps what is logged, and lets a test wait for it.
package final class LogBook: Sendable {
    private let said = Mutex<[String]>([])
    private let waiters = Waiters<(message: String, count: Int), Void>()

    package init() {}

    package var lines: [String] { said.withLock { $0 } }

    package var logger: Logger { Logger(label: "test") { _ in Handler(book: self) } }

    /// Returns when this was logged, so many times, now or later, or when the test is given up.
    package func wait(for message: String, count: Int = 1) async {
        await waiters.wait(for: (message, count)) { isThere(message, count) ? () : nil }
    }

    private func isThere(_ message: String, _ count: Int) -> Bool {
        said.withLock { lines in lines.count { $0.hasPrefix(message) } >= count }
    }

    private func take(_ line: String) {
        said.withLock { $0.append(line) }
        waiters.tell { wish in
            line.hasPrefix(wish.message) && isThere(wish.message, wish.count) ? () : nil
        }
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
