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

    nonisolated let shard: Shard
    private var connection: C2SConnection?
    private var timer: TimerID?
    private(set) var task: Task<Void, Never>?

    init(of connection: C2SConnection) {
        shard = connection.shard
        self.connection = connection
    }

    /// Begins the work, later or now; the connection is told its answer.
    func begin(after delay: Duration, _ work: @escaping Work) {
        guard delay > .zero else { return start(work) }
        timer = shard.schedule(after: delay) {
            self.assumeIsolated { $0.start(work) }
        }
    }

    private func start(_ work: @escaping Work) {
        timer = nil
        // The connection waits for it, and cancels it when it ends.
        task = Task {
            guard connection != nil else { return }
            answer(await work())
        }
    }

    private func answer(_ event: C2SMachine.Event) {
        guard let connection else { return }
        self.connection = nil
        connection.assumeIsolated { $0.answer(event) }
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
