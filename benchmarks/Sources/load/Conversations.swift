import MartletNet

/// Clients in pairs, each writing back for every message it gets; confined to the crew's shard.
///
/// Unchecked for that reason.
final class Conversations: @unchecked Sendable {
    private let crew: Crew
    private let window: Int
    private let bodyBytes: Int
    private let clock = MonotonicClock()
    private var latencies = Histogram()

    init(_ crew: Crew, window: Int, bodyBytes: Int) {
        self.crew = crew
        self.window = window
        self.bodyBytes = bodyBytes
    }

    func begin() {
        for first in stride(from: 0, to: crew.clients.count - 1, by: 2) {
            let (romeo, juliet) = (crew.clients[first], crew.clients[first + 1])
            let there = Lane(to: juliet, bodyBytes)
            let back = Lane(to: romeo, bodyBytes)
            listen(romeo, hears: back, writes: there)
            listen(juliet, hears: there, writes: back)
            write(window, from: romeo, in: there, at: clock.now)
        }
    }

    private func listen(_ client: Client, hears: Lane, writes: Lane) {
        client.onBytes = { [self] client, bytes in
            let count = hears.counter.count(in: bytes)
            guard count > 0 else { return }
            let now = clock.now
            for _ in 0..<count {
                guard let sent = hears.take() else { return crew.fail("a message too many") }
                latencies.record(nanoseconds: now.nanoseconds - sent)
            }
            write(count, from: client, in: writes, at: now)
        }
    }

    private func write(_ count: Int, from client: Client, in lane: Lane, at now: ShardInstant) {
        client.transport?.withOutput { output in
            for _ in 0..<count { output.append(contentsOf: lane.message) }
        }
        for _ in 0..<count { lane.put(now.nanoseconds) }
    }

    /// What was measured since the last call.
    func takeLatencies() -> Histogram {
        defer { latencies = Histogram() }
        return latencies
    }

    /// One direction between two clients: what is written there, and when what is under way was.
    ///
    /// The server keeps the order (RFC 6120 §10.1), so the first that comes is the first that went.
    private final class Lane {
        let message: [UInt8]
        var counter = TagCounter("</message>")
        private var sent: [Int64] = []
        private var head = 0

        init(to client: Client, _ bodyBytes: Int) {
            let body = String(repeating: "Soft, what light! ", count: bodyBytes / 18 + 1)
            let text = """
                <message to='\(client.jid)' type='chat' id='load'>\
                <body>\(body.prefix(bodyBytes))</body></message>
                """
            message = Array(text.utf8)
        }

        func put(_ time: Int64) {
            sent.append(time)
        }

        func take() -> Int64? {
            guard head < sent.count else { return nil }
            defer {
                head += 1
                if head == sent.count {
                    sent.removeAll(keepingCapacity: true)
                    head = 0
                } else if head > 1024 {
                    sent.removeFirst(head)
                    head = 0
                }
            }
            return sent[head]
        }
    }
}
