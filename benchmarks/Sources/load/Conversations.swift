import MartletNet

/// Clients in pairs who write to each other; confined to the crew's shard.
///
/// Unchecked for that reason.
final class Conversations: @unchecked Sendable {
    /// When a message is written.
    enum Pace {
        /// For each that came: closed loop, so many under way in a pair.
        case answers(inFlight: Int)
        /// When it is due, whatever came: open loop, so many a second in all.
        case rate(Double)
    }

    private let crew: Crew
    private let pace: Pace
    private let bodyBytes: Int
    private let management: Management?
    private let clock = MonotonicClock()
    private var latencies = Histogram()
    private var lanes: [(client: Client, lane: Lane)] = []
    private var next = 0
    private var beat: Beat?
    private var isOver = false
    /// Messages that were written since it began.
    private(set) var written = 0

    init(_ crew: Crew, _ pace: Pace, bodyBytes: Int, management: Management? = nil) {
        self.crew = crew
        self.pace = pace
        self.bodyBytes = bodyBytes
        self.management = management
    }

    /// Begins among these; one way, the first of each pair writes, again for each that came to the second.
    func begin(_ pairs: [(Client, Client)], isOneWay: Bool = false) {
        for (romeo, juliet) in pairs {
            let there = Lane(to: juliet, bodyBytes, management)
            let back = Lane(to: romeo, bodyBytes, management)
            listen(romeo, hears: back, then: (romeo, there))
            listen(juliet, hears: there, then: isOneWay ? (romeo, there) : (juliet, back))
            lanes.append((romeo, there))
            if !isOneWay { lanes.append((juliet, back)) }
            if case .answers(let count) = pace {
                write(count, from: romeo, in: there, at: clock.now.nanoseconds)
            }
        }
        guard case .rate(let perSecond) = pace else { return }
        beat = Beat(on: crew.shard, perSecond: perSecond) { [self] due in
            let (client, lane) = lanes[next % lanes.count]
            next += 1
            write(1, from: client, in: lane, at: due)
        }
        beat?.begin()
    }

    /// For each that a client hears, `then` says who writes one, and where.
    private func listen(_ client: Client, hears: Lane, then next: (client: Client, lane: Lane)) {
        client.onBytes = { [self] client, bytes in
            let count = hears.counter.count(in: bytes)
            if management != nil,
                let answer = hears.acknowledging.answer(to: bytes, stanzas: count)
            {
                client.send(answer)
            }
            guard count > 0 else { return }
            let now = clock.now
            for _ in 0..<count {
                guard let sent = hears.take() else { return crew.fail("a message too many") }
                latencies.record(nanoseconds: now.nanoseconds - sent)
            }
            if isOver {
                lookForEnd()
            } else if case .answers = pace {
                write(count, from: next.client, in: next.lane, at: now.nanoseconds)
            }
        }
    }

    private func write(_ count: Int, from client: Client, in lane: Lane, at time: Int64) {
        client.transport?.withOutput { output in
            for _ in 0..<count { output.append(contentsOf: lane.message) }
        }
        for _ in 0..<count { lane.put(time) }
        written += count
        if let question = lane.asking.question(after: count) { client.send(question) }
    }

    /// What was measured since the last call.
    func takeLatencies() -> Histogram {
        defer { latencies = Histogram() }
        return latencies
    }

    /// How long after they were due messages were written, since the last call.
    func takeLateness() -> Histogram {
        beat?.takeLateness() ?? Histogram()
    }

    /// Writes no more; the crew has finished when all that is under way has come.
    func end() {
        isOver = true
        beat?.stop()
        crew.awaited = { [self] in
            lanes.filter { $0.lane.underWay > 0 }
                .map { "\($0.lane.underWay) messages of \($0.client.jid)" }
        }
        lookForEnd()
    }

    private func lookForEnd() {
        if lanes.allSatisfy({ $0.lane.underWay == 0 }) { crew.finish() }
    }

    /// One direction between two clients: what is written there, and when what is under way was.
    ///
    /// The server keeps the order (RFC 6120 §10.1), so the first that comes is the first that went.
    private final class Lane {
        let message: [UInt8]
        var counter = TagCounter("</message>")
        /// The side of the client who hears, and of the one who writes.
        var acknowledging = Management()
        var asking: Management
        private var sent: [Int64] = []
        private var head = 0

        init(to client: Client, _ bodyBytes: Int, _ management: Management?) {
            asking = management ?? Management()
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

        var underWay: Int { sent.count - head }

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

extension Crew {
    /// Two and two, as they were bound.
    var neighbours: [(Client, Client)] {
        stride(from: 0, to: clients.count - 1, by: 2).map { (clients[$0], clients[$0 + 1]) }
    }
}
