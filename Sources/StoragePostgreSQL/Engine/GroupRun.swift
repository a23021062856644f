internal import MartletPostgreSQL
internal import MartletStorage

/// A group on its way: the answers so far, and the statements that wait for the next round.
struct GroupRun {
    private let names: NameTable
    private let owners: GroupOwners
    private var pending: [Query]
    private var results: [Job.Result] = []
    /// Where statements of jobs stand in `pending`, and their answers in `results`.
    private var statements: [(query: Int, result: Int)] = []
    private var transaction: Transaction.Mark?

    init(_ steps: [GroupStep], _ names: NameTable, lockLimit: Duration) {
        self.names = names
        owners = GroupOwners(steps)
        pending = Transaction.begin(lockLimit: lockLimit)
        // One step locks what it needs by itself; several must not come to their locks one after the other.
        if steps.count > 1 { pending.append(owners.lock(names)) }
    }

    /// Of a run that has all its answers, and commits next.
    var progress: Group.Progress {
        Group.Progress(isCommitting: true, transaction: transaction, results: results)
    }

    mutating func take(_ step: GroupStep, on connection: isolated Connection) async throws {
        switch step {
        case .segment(let segment, let works): try await take(segment, works, on: connection)
        case .statement(let direct):
            statements.append((query: pending.count, result: results.count))
            pending.append(direct.query(names))
            results.append(.failure(.unavailable("it did not run")))
        }
    }

    /// Reads what the segment needs, finds the answers of its jobs, and queues what it writes.
    ///
    /// The answers count once it is known what there is to write: one is never given without the other.
    private mutating func take(
        _ segment: Segment,
        _ works: [Job.Work],
        on connection: isolated Connection
    ) async throws {
        let start = pending.count
        pending += segment.reads
        let rows = try await flush(on: connection)
        var plan = try Plan(segment, rows[start...])
        try await plan.makePlaces(owners, on: connection)
        var answers: [Job.Result] = []
        for work in works { answers.append(plan.perform(work)) }
        let writes = try plan.writes()
        results += answers
        pending += writes
    }

    /// Has what statements say before the commit, in whose round they would go otherwise: should its answer
    /// be lost, theirs is known.
    mutating func finishStatements(on connection: isolated Connection) async throws {
        if !statements.isEmpty { _ = try await flush(on: connection) }
    }

    mutating func commit(on connection: isolated Connection) async throws(DatabaseError)
        -> [Job.Result]
    {
        pending.append(Transaction.commit)
        _ = try await flush(on: connection)
        return results
    }

    private mutating func flush(on connection: isolated Connection) async throws(DatabaseError)
        -> [Rows]
    {
        let rows = try await connection.round(pending)
        pending = []
        for (query, result) in statements { results[result] = .success(.rows(rows[query])) }
        statements = []
        if transaction == nil { transaction = Transaction.mark(in: rows) }
        return rows
    }
}

extension Plan {
    /// How often what is missing is made.
    private static let makingTries = 3

    /// Makes the owners and logs that are missing, and reads again.
    ///
    /// Another node may remove an owner that was there, before it is locked: then once more.
    mutating func makePlaces(_ owners: GroupOwners, on connection: isolated Connection)
        async throws
    {
        var tries = 0
        while lacksPlaces, tries < Self.makingTries {
            let makings = segment.makings(owners)
            let rows = try await connection.round(makings + segment.reads)
            self = try Plan(segment, rows[makings.count...])
            tries += 1
        }
    }

    /// All that the database needs to become what the plan left.
    func writes() throws(StorageError) -> [Query] {
        try documentWrites() + logWrites() + rosterWrites()
    }
}
