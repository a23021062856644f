internal import MartletPostgreSQL
internal import MartletStorage
internal import Synchronization

/// A read of one statement, which is answered soon.
struct PromptRead: Sendable {
    /// The texts whose numbers it needs.
    var names: Set<ByteText>
    var query: @Sendable (NameTable) -> Query
    /// Told once, on any thread.
    var done: @Sendable (Result<Rows, StorageError>) -> Void
    /// Since when it waits.
    var since = ContinuousClock.now
}

/// Prompt reads, which share rounds: all that came while the connection was busy go together.
///
/// So the more is asked, the less each costs; who is alone waits for nobody. What fails together is asked again
/// one by one.
final class ReadQueue: Sendable {
    private struct State {
        var waiting: [PromptRead] = []
        /// Tasks that have a connection, or wait for one.
        var workers = 0
    }

    /// What became of the reads of a round.
    private struct Outcome: Sendable {
        var reads: [PromptRead]
        var rows: Result<[Rows], DatabaseError>
    }

    private let state = Mutex(State())
    private let pool: Pool
    private let names: Names
    private let failures: FailureLog
    /// Reads that wait, and workers, at most.
    private let limit: Int
    private let width: Int
    private let waitTimeout: Duration
    /// Reads of one round at most, so that a slow one delays few.
    private static let roundLimit = 32
    /// So many wait for each connection that is at work, or one waits for so long, before one more is.
    private static let enough = 8
    private static let patience = Duration.milliseconds(20)

    init(_ pools: Pools, _ names: Names, _ failures: FailureLog, _ options: PostgreSQLOptions) {
        pool = pools.reading
        self.names = names
        self.failures = failures
        limit = options.queuedReads
        width = max(1, options.connections - 1)
        waitTimeout = options.waitTimeout
    }

    /// Queues a read; `alone` does one that failed in company.
    func put(_ read: PromptRead, alone: @escaping @Sendable (PromptRead) async -> Void) {
        let (isFull, isNews) = state.withLock { (state) -> (Bool, Bool) in
            guard state.waiting.count < limit else { return (true, false) }
            state.waiting.append(read)
            let oldest = state.waiting[0].since
            let isNeeded =
                state.waiting.count > state.workers * Self.enough
                || oldest.duration(to: read.since) > Self.patience
            guard isNeeded, state.workers < width else { return (false, false) }
            state.workers += 1
            return (false, true)
        }
        // Never before this returns; nobody waits for the tasks themselves, but for each read.
        if isFull {
            Task { read.done(.failure(.unavailable("as many reads wait as may"))) }
        } else if isNews {
            Task { await work(alone) }
        }
    }

    /// Asks round by round until nobody waits; between two, who else waits for a connection has a turn.
    private func work(_ alone: @escaping @Sendable (PromptRead) async -> Void) async {
        repeat {
            do throws(DatabaseError) {
                let outcome = try await pool.withConnection {
                    (connection: isolated Connection) async throws(DatabaseError) -> Outcome in
                    await self.round(on: connection)
                }
                take(outcome, alone)
            } catch {
                // Who has waited for as long is not to wait for as long again.
                fail(remove { $0.since <= .now - waitTimeout / 2 }, with: error)
            }
        } while goesOn()
    }

    private func round(on connection: isolated Connection) async -> Outcome {
        var count = 0
        let reads = remove { _ in
            count += 1
            return count <= Self.roundLimit
        }
        guard !reads.isEmpty else { return Outcome(reads: [], rows: .success([])) }
        do throws(DatabaseError) {
            let met = reads.reduce(into: Set<ByteText>()) { $0.formUnion($1.names) }
            let table = try await names.meet(met, mayMake: false, on: connection)
            return Outcome(
                reads: reads,
                rows: .success(try await connection.round(reads.map { $0.query(table) }))
            )
        } catch {
            return Outcome(reads: reads, rows: .failure(error))
        }
    }

    private func take(
        _ outcome: Outcome,
        _ alone: @escaping @Sendable (PromptRead) async -> Void
    ) {
        switch outcome.rows {
        case .success(let rows):
            if !rows.isEmpty { failures.noteSuccess() }
            for (read, rows) in zip(outcome.reads, rows) { read.done(.success(rows)) }
        case .failure(let error):
            // The next server may know other numbers.
            if case .lost = error { names.forget() }
            for read in outcome.reads { Task { await alone(read) } }
        }
    }

    private func fail(_ reads: [PromptRead], with error: DatabaseError) {
        failures.note(.database(error))
        for read in reads { read.done(.failure(StorageError(error))) }
    }

    /// Takes those from the front that are wanted.
    private func remove(_ isWanted: (PromptRead) -> Bool) -> [PromptRead] {
        state.withLock { state in
            let reads = Array(state.waiting.prefix(while: isWanted))
            state.waiting.removeFirst(reads.count)
            return reads
        }
    }

    /// Whether somebody waits; if not, this worker is none any more.
    private func goesOn() -> Bool {
        state.withLock { state in
            if state.waiting.isEmpty { state.workers -= 1 }
            return !state.waiting.isEmpty
        }
    }
}
