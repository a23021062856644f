import MartletNet

/// Clients that come, look and go: always so many at once, or so many a second; confined to the
/// crew's shard.
///
/// Unchecked for that reason.
final class Visitors: @unchecked Sendable {
    /// At a rate: more than so many that have not come through mean that the server cannot keep up.
    private static let mostUnderWay = 5_000

    private let crew: Crew
    private let name: (Int) -> String
    private let clock = MonotonicClock()
    private var beat: Beat?
    private var begun = 0
    private var present = 0
    private var isLeaving = false
    private var latencies = Histogram()
    private(set) var count = 0

    init(_ crew: Crew, name: @escaping (Int) -> String) {
        self.crew = crew
        self.name = name
    }

    func begin(_ concurrency: Int) {
        for _ in 0..<concurrency { visit(from: clock.now.nanoseconds) }
    }

    func begin(perSecond: Double) {
        beat = Beat(on: crew.shard, perSecond: perSecond) { [self] due in
            guard present < Self.mostUnderWay else {
                return crew.fail("\(present) logins are under way: the server cannot keep up")
            }
            visit(from: due)
        }
        beat?.begin()
    }

    /// Ends when the last one that is there has gone.
    func leave() {
        isLeaving = true
        beat?.stop()
        crew.awaited = { [self] in present == 0 ? [] : ["\(present) visitors to leave"] }
        if present == 0 { crew.finish() }
    }

    /// From when a login was due until its roster was there, since the last call.
    func takeLatencies() -> Histogram {
        defer { latencies = Histogram() }
        return latencies
    }

    private func visit(from due: Int64) {
        let client = crew.makeClient(name(begun))
        begun += 1
        present += 1
        client.onBound = { [self] in look($0, from: due) }
        client.onClosed = { [self] client in
            client.onBytes = { _, _ in }
            present -= 1
            if isLeaving {
                if present == 0 { crew.finish() }
            } else if beat == nil {
                visit(from: clock.now.nanoseconds)
            }
        }
        client.connect(on: crew.shard)
    }

    /// Asks for the roster and says it is there, as clients do, and goes when the roster came.
    private func look(_ client: Client, from due: Int64) {
        var answers = TagCounter(Request.roster.mark)
        client.onBytes = { [self] client, bytes in
            guard answers.count(in: bytes) > 0 else { return }
            count += 1
            latencies.record(nanoseconds: clock.now.nanoseconds - due)
            client.close()
        }
        client.send("<presence/>" + Request.roster.text)
    }
}
