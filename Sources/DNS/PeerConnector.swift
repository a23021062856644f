package import MartletNet

/// Connects over a plan, IPv6 and IPv4 side by side ("Happy Eyeballs", RFC 8305 §5).
///
/// The places are tried in their order, one more after each delay or failure; the first that answers wins, and
/// the other attempts end. All is done on one shard's thread.
package final class PeerConnector {
    /// How attempts follow each other, and how long they last.
    package struct Timing: Hashable, Sendable {
        /// Between the beginnings of two attempts (RFC 8305 §8 recommends 250 ms).
        package var delay: Duration = .milliseconds(250)
        /// For one attempt.
        package var attempt: Duration = .seconds(10)
        /// For all of them.
        package var deadline: Duration = .seconds(30)

        package init() {}
    }

    /// Makes one connection; what it returns gives that up.
    package typealias Dial = (
        _ address: SocketAddress, _ shard: Shard, _ timeout: Duration,
        _ done: @escaping (Result<Transport, NetError>) -> Void
    ) -> () -> Void

    private let candidates: [PeerCandidate]
    private let shard: Shard
    private let timing: Timing
    private let dial: Dial
    private let began: ShardInstant
    private var done: ((PeerConnection) -> Void)?
    private var race: ConnectionRace
    private var attempts: [PeerConnection.Attempt] = []
    /// By candidate: how to end an attempt, and its place in `attempts`.
    private var underWay: [Int: (abandon: () -> Void, place: Int)] = [:]
    private var winner: Transport?
    private var delay: TimerID?
    private var deadline: TimerID?

    private init(
        _ candidates: [PeerCandidate],
        _ shard: Shard,
        _ timing: Timing,
        _ dial: @escaping Dial,
        _ done: @escaping (PeerConnection) -> Void
    ) {
        self.candidates = candidates
        self.shard = shard
        self.timing = timing
        self.dial = dial
        self.done = done
        began = shard.now
        race = ConnectionRace(count: candidates.count)
    }

    /// Connects to the first of the candidates that answers.
    ///
    /// On the shard's thread, as is the call of `done` in a later turn; it sets the transport's `delegate`.
    package static func connect(
        to candidates: [PeerCandidate],
        on shard: Shard,
        timing: Timing = Timing(),
        dial: @escaping Dial = dialTCP,
        done: @escaping (PeerConnection) -> Void
    ) -> PeerConnector {
        shard.checkIsolated()
        let connector = PeerConnector(candidates, shard, timing, dial, done)
        connector.deadline = shard.schedule(after: timing.deadline) { connector.timeIsUp() }
        shard.mail { connector.follow(connector.race.begin()) }
        return connector
    }

    /// Connects to the first of the candidates that answers, asked from anywhere.
    ///
    /// Nothing is read from the transport until it is given a `delegate`.
    package static func connect(
        to candidates: [PeerCandidate],
        on shard: Shard,
        timing: Timing = Timing()
    ) async -> PeerConnection {
        await withCheckedContinuation { continuation in
            shard.submit {
                _ = connect(to: candidates, on: shard, timing: timing) {
                    continuation.resume(returning: $0)
                }
            }
        }
    }

    /// Gives all attempts up, without a call of `done`; harmless when that was called.
    package func cancel() {
        shard.checkIsolated()
        done = nil
        follow(race.deadlinePassed())
    }

    /// Over TCP.
    package static let dialTCP:
        @Sendable (
            SocketAddress, Shard, Duration, @escaping (Result<Transport, NetError>) -> Void
        ) -> () -> Void = { address, shard, timeout, done in
            let attempt = Connector.begin(to: [address], on: shard, timeout: timeout, done: done)
            return { attempt.cancel() }
        }
}

extension PeerConnector {
    private var elapsed: Duration { began.duration(to: shard.now) }

    private func follow(_ actions: [ConnectionRace.Action]) {
        for action in actions {
            switch action {
            case .dial(let index): begin(index)
            case .startDelay: startDelay()
            case .abandon(let index): abandon(index)
            case .end(let winner): end(winner)
            }
        }
    }

    private func begin(_ index: Int) {
        let candidate = candidates[index]
        let place = attempts.count
        attempts.append(.init(candidate: candidate, began: elapsed, took: .zero, end: .abandoned))
        let abandon = dial(candidate.address, shard, timing.attempt) { [self] result in
            note(result, of: index)
        }
        underWay[index] = (abandon, place)
    }

    private func startDelay() {
        stop(&delay)
        delay = shard.schedule(after: timing.delay) { [self] in
            delay = nil
            follow(race.delayPassed())
        }
    }

    private func note(_ result: Result<Transport, NetError>, of index: Int) {
        switch result {
        case .success(let transport):
            close(index, .connected)
            winner = transport
            follow(race.connected(index))
        case .failure(let error):
            close(index, .failed(error))
            follow(race.failed(index))
        }
    }

    private func abandon(_ index: Int) {
        underWay[index]?.abandon()
        close(index, .abandoned)
    }

    private func close(_ index: Int, _ end: PeerConnection.Attempt.End) {
        guard let place = underWay.removeValue(forKey: index)?.place else { return }
        attempts[place].took = elapsed - attempts[place].began
        attempts[place].end = end
    }

    private func timeIsUp() {
        deadline = nil
        follow(race.deadlinePassed())
    }

    private func end(_ index: Int?) {
        stop(&delay)
        stop(&deadline)
        let failed = attempts.filter(\.hasFailed).map(\.candidate)
        let chosen = index.map { candidates[$0] }
        let done = self.done
        self.done = nil
        done?(
            PeerConnection(
                transport: winner,
                candidate: chosen,
                attempts: attempts,
                rest: candidates.filter { $0 != chosen && !failed.contains($0) },
                took: elapsed
            )
        )
    }

    private func stop(_ timer: inout TimerID?) {
        if let timer { shard.cancel(timer) }
        timer = nil
    }
}
