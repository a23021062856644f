import MartletClient
import MartletCore
import MartletStreams
import MartletXML

/// One actor of a transcript, and what it was sent and nobody asked for yet.
actor Performer {
    nonisolated let line: any ActorLine
    private(set) var earlier: ClientManagement?
    private var iterator: AsyncStream<Stanza>.Iterator
    private var unread: [Element] = []

    /// How long what must come may take.
    private static let patience = Duration.seconds(60)
    /// The id of the request whose answer ends `nothing`.
    private static let probe = "transcript-probe"

    init(_ line: any ActorLine) {
        self.line = line
        iterator = line.stanzas.makeAsyncIterator()
    }

    func send(_ xml: String) async throws { try await line.send(xml) }

    /// - Returns: what is noted now.
    func expect(_ pattern: Element, _ noted: [String: String]) async throws -> [String: String] {
        while true {
            for (index, element) in unread.enumerated() {
                var noted = noted
                guard pattern.describes(element, &noted) else { continue }
                unread.remove(at: index)
                return noted
            }
            guard let next = try await next() else {
                throw TranscriptError(0, "but was sent only:\n\(told)")
            }
            unread.append(next)
        }
    }

    func expectNext(
        _ pattern: Element,
        _ noted: [String: String]
    ) async throws -> [String: String] {
        if unread.isEmpty, let next = try await next() { unread.append(next) }
        var noted = noted
        guard let first = unread.first, pattern.describes(first, &noted) else {
            throw TranscriptError(0, "but was sent first:\n\(told)")
        }
        unread.removeFirst()
        return noted
    }

    /// What asks for the end comes back behind all that was sent before it.
    func expectNothing() async throws {
        try await line.probe(Self.probe)
        while let next = try await next() {
            if next.attribute("id") == Self.probe { break }
            unread.append(next)
        }
        guard unread.isEmpty else { throw TranscriptError(0, "but was sent:\n\(told)") }
    }

    /// Loses the connection, and waits until nothing more comes.
    func cut() async {
        earlier = await line.cut()
        while await receive() != nil {}
    }

    /// What came before the end stays unread.
    func end(by condition: StreamError.Condition) async throws {
        while let next = try await next() { unread.append(next) }
        let fault = await line.fault
        guard case .stream(let error) = fault, error.condition == condition else {
            throw TranscriptError(0, "but the stream ended so: \(fault.map { "\($0)" } ?? "")")
        }
    }

    private var told: String { unread.map(\.description).joined(separator: "\n") }

    /// The next stanza, or nil when none comes in time or the stream ended.
    private func next() async throws -> Element? {
        let line = line
        let watchdog = Task {
            try await Task.sleep(for: Self.patience)
            _ = await line.cut()
        }
        defer { watchdog.cancel() }
        return await receive()?.element
    }

    private func receive() async -> Stanza? {
        var iterator = iterator
        let stanza = await iterator.next(isolation: self)
        self.iterator = iterator
        return stanza
    }
}
