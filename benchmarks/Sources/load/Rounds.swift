import MartletNet

/// Clients that ask, each again when it is answered; confined to the crew's shard.
///
/// Unchecked for that reason.
final class Rounds: @unchecked Sendable {
    private let crew: Crew
    private let request: (Int) -> Request
    private let clock = MonotonicClock()
    private var latencies = Histogram()
    private var begun = 0
    private var waiting = 0
    private var isOver = false

    /// Makes the request of each number, from 0 on.
    init(_ crew: Crew, _ request: @escaping (Int) -> Request) {
        self.crew = crew
        self.request = request
    }

    func begin() {
        for client in crew.clients { ask(client) }
    }

    private func ask(_ client: Client) {
        let begin = clock.now.nanoseconds
        waiting += 1
        client.ask([request(begun)]) { [self] client in
            latencies.record(nanoseconds: clock.now.nanoseconds - begin)
            waiting -= 1
            if !isOver { ask(client) } else if waiting == 0 { crew.finish() }
        }
        begun += 1
    }

    /// How long the answers took that came since the last call.
    func take() -> Histogram {
        defer { latencies = Histogram() }
        return latencies
    }

    /// Ends when all are answered.
    func end() {
        isOver = true
        crew.awaited = { [self] in ["\(waiting) answers"] }
        if waiting == 0 { crew.finish() }
    }
}
