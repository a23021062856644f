import CPostgreSQL
public import MartletNet

/// One session with the server, in pipeline mode, on a shard.
///
/// Rounds may be under way in any number; they are answered in the order in which they were sent.
public actor Connection: ShardHomed {
    public nonisolated let shard: Shard
    let options: PoolOptions
    let prepares: Bool

    /// Nil once it has ended.
    var session: Session?
    var watch: DescriptorWatch?
    var rounds = Fifo<Round>()
    var expected = Fifo<Expectation>()
    var prepared = PreparedStatements()
    var buffer = ParameterBuffer()
    /// Whether a transaction goes on after all rounds under way, if they go well.
    private var willBeInTransaction = false
    /// When the server was last heard, or took some of what it is sent.
    var lastHeard = ShardInstant(nanoseconds: 0)
    var silence: (timer: TimerID, until: ShardInstant)?
    /// Whether the server has refused a write because it takes none: another one may have its place.
    private(set) var isReadOnly = false
    /// The last words of a session that ends.
    var lastWords: String?
    /// Called once, when the session has ended.
    private var ended: (@Sendable (String) -> Void)?

    init(_ session: Session, on shard: Shard, prepares: Bool, options: PoolOptions) {
        self.shard = shard
        self.session = session
        self.options = options
        self.prepares = prepares
    }

    /// Enters pipeline mode and listens; a connection that cannot is ended.
    func begin() {
        guard let session, watch == nil else { return }
        lastHeard = shard.now
        watch = DescriptorWatch(on: shard) { [self] in
            descriptorIsReady(canRead: $0, canWrite: $1)
        } stopped: { [self] in
            end("its event loop has stopped")
        }
        guard session.enterPipeline() else { return end(session.lastMessage) }
        flush(session)
    }

    /// Whether it has not ended.
    public var isOpen: Bool { session != nil }

    /// Whether a transaction is open, also one that has failed; as of the last round that was answered.
    public var isInTransaction: Bool { session?.isInTransaction ?? false }

    /// Rounds that have been sent and not been answered.
    public var roundsUnderWay: Int { rounds.count }

    /// The server's process, as `pg_stat_activity` names it.
    public var processID: Int32 { session?.processID ?? 0 }

    /// Whether nothing is under way, nor any transaction open.
    var isIdle: Bool { rounds.isEmpty && !isInTransaction }

    /// Undoes what was left open, and calls when that is done or the session has ended.
    ///
    /// From this shard's thread, as is the call.
    nonisolated func rollBack(_ done: @escaping @Sendable () -> Void) {
        assumeIsolated { connection in
            connection.submit([Query(.once("ROLLBACK"))]) { _ in done() }
        }
    }

    /// Sends queries together and gives what each of them gave, in their order.
    ///
    /// One round trip. Outside of a transaction they are one. The first that fails has the rest skipped.
    /// What is sent by several calls at once is under way at once.
    ///
    /// `limit` is how long the server may be silent meanwhile, the pool's `answerLimit` unless given.
    ///
    /// - Throws: `server` for the first that failed, `lost` if the session ended.
    public func round(
        _ queries: [Query],
        within limit: Duration? = nil
    ) async throws(DatabaseError) -> [Rows] {
        let result = await withCheckedContinuation { continuation in
            submit(queries, within: limit) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Does the same for a caller on this shard, who is called when it is done, perhaps at once.
    public func submit(
        _ queries: [Query],
        within limit: Duration? = nil,
        done: @escaping RoundCompletion
    ) {
        let round = Round(queries, limit: limit ?? options.answerLimit, done: done)
        submit(round)
    }

    func submit(_ round: Round) {
        guard let session else {
            let reason = lastWords ?? "it was closed"
            return round.done(.failure(.lost(reason, mayHaveCommitted: false)))
        }
        guard round.queries.allSatisfy({ $0.parameters.count <= ParameterBuffer.bound }) else {
            return round.done(.failure(Self.tooLarge))
        }
        if rounds.isEmpty { willBeInTransaction = session.isInTransaction }
        var round = round
        round.foresee(isInTransaction: &willBeInTransaction)
        round.sentAt = shard.now.nanoseconds
        if let fault = send(round.queries, session) {
            round.done(.failure(fault))
            return end("it could not send")
        }
        rounds.append(round)
        flush(session)
        watchForSilence()
    }

    func noteFailure(_ failure: ServerFailure) {
        if failure.sqlState == "25006" { isReadOnly = true }
    }

    /// Ends the session; what is under way fails.
    public func close() { end("it was closed") }

    /// Has `body` called when the session has ended, at once if it has.
    ///
    /// From this shard's thread, as is the call.
    nonisolated func whenEnded(_ body: @escaping @Sendable (String) -> Void) {
        assumeIsolated { connection in
            if connection.session == nil {
                body(connection.lastWords ?? "it was closed")
            } else {
                connection.ended = body
            }
        }
    }

    /// Ends it, once, and tells all who wait.
    func end(_ reason: String) {
        guard session != nil else { return }
        let reason = lastWords ?? reason
        lastWords = reason
        watch?.cancel()
        watch = nil
        session = nil
        if let silence { shard.cancel(silence.timer) }
        silence = nil
        _ = expected.takeAll()
        let ended = self.ended
        self.ended = nil
        ended?(reason)
        for round in rounds.takeAll() {
            round.done(.failure(.lost(reason, mayHaveCommitted: round.mayHaveCommitted)))
        }
    }
}
