import MartletNet
import MartletStreams

/// Work under way for a connection that negotiates: a look-up, a key derivation.
///
/// The work keeps this, and only this keeps the connection, until it is answered or ended: so one that
/// ended is gone at once, however long the work goes on. A weak reference would do the same, and
/// make each count of the connection a slow one from then on.
actor Negotiation: ShardHomed {
    /// On the connection's shard: a hop to another executor would cost as much as what is looked up.
    typealias Work = @Sendable () async -> C2SMachine.Event
    /// What leads to an answer: ``perform(_:)``, or something that calls ``goOn(with:)``.
    typealias Step = @Sendable (isolated Negotiation) -> Void

    nonisolated let shard: Shard
    private var connection: C2SConnection?
    private var timer: TimerID?
    private(set) var task: Task<Void, Never>?

    init(of connection: C2SConnection) {
        shard = connection.shard
        self.connection = connection
    }

    /// Begins a step, later or now.
    func begin(after delay: Duration, _ step: @escaping Step) {
        guard delay > .zero else { return step(self) }
        timer = shard.schedule(after: delay) {
            self.assumeIsolated { negotiation in
                negotiation.timer = nil
                step(negotiation)
            }
        }
    }

    /// Does work that waits; the connection is told its answer.
    func perform(_ work: @escaping Work) {
        cancels(
            Task {
                guard connection != nil else { return }
                answer(await work())
            }
        )
    }

    /// Has a task stopped when the connection ends, before its answer came.
    func cancels(_ task: Task<Void, Never>?) {
        self.task = task
    }

    /// Tells the connection an answer that came without a task; from any thread.
    nonisolated func goOn(with event: C2SMachine.Event) {
        shard.submit {
            self.enter(with: event) { $0.answer($1) }
        }
    }

    private func answer(_ event: C2SMachine.Event) {
        guard let connection else { return }
        self.connection = nil
        connection.enter(with: event) { $0.answer($1) }
    }

    /// The connection waits no more: what has not begun does not begin, and what has is told to stop.
    func end() {
        if let timer { shard.cancel(timer) }
        timer = nil
        task?.cancel()
        task = nil
        connection = nil
    }
}
