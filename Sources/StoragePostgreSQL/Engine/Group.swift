internal import MartletPostgreSQL
internal import MartletStorage

/// Jobs that share a transaction, each with an answer of its own.
struct Group: Sendable {
    let jobs: [Job]
    let names: Names
    /// How long it waits for a lock.
    var lockLimit = Transaction.lockLimit

    /// How far a group came, for when the connection is lost.
    struct Progress: Sendable {
        /// Whether the commit was asked for, so that it may have happened.
        var isCommitting = false
        /// The transaction, to ask later whether it was committed.
        var transaction: String?
        /// The answers, once all are known but for the commit.
        var results: [Job.Result]?
    }

    /// Does all jobs and commits; the answers are in the order of the jobs.
    ///
    /// - Throws: when nothing was kept, or nobody knows; `progress` says how far it came.
    func commit(on connection: isolated Connection, _ progress: inout Progress)
        async throws(GroupFailure) -> [Job.Result]
    {
        progress = Progress()
        do {
            let results = try await perform(on: connection, &progress)
            precondition(results.count == jobs.count, "each job of a group has one answer")
            return results
        } catch {
            if connection.isInTransaction { _ = try? await connection.round([Query("ROLLBACK")]) }
            throw GroupFailure(error)
        }
    }

    private func perform(on connection: isolated Connection, _ progress: inout Progress)
        async throws -> [Job.Result]
    {
        var met: Set<ByteText> = []
        for job in jobs { job.work.addNames(to: &met) }
        let names = try await names.meet(met, mayMake: true, on: connection)
        guard jobs.allSatisfy(\.work.isPlannable) else {
            let run = LoneRun(names: names)
            return [try await run.perform(jobs[0].work, on: connection, &progress)]
        }
        var run = GroupRun(names: names, lockLimit: lockLimit)
        for job in jobs { try await run.take(job.work, on: connection) }
        try await run.finishSegment(on: connection)
        try await run.finishStatements(on: connection)
        progress = run.progress
        return try await run.commit(on: connection)
    }
}

extension Job.Work {
    /// Whether a group can have it; a batch that searches what it has written is alone.
    var isPlannable: Bool {
        guard case .operations(let operations, _, _) = self else { return true }
        return Operation.canPlan(operations)
    }
}

/// A group on its way: the answers so far, and the statements that wait for the next round.
private struct GroupRun {
    private let names: NameTable
    private var pending: [Query]
    private var segment: Segment
    private var works: [Job.Work] = []
    private var results: [Job.Result] = []
    /// Where statements of jobs stand in `pending`, and their answers in `results`.
    private var statements: [(query: Int, result: Int)] = []
    private var transaction: String?

    init(names: NameTable, lockLimit: Duration) {
        self.names = names
        pending = Transaction.begin(lockLimit: lockLimit)
        segment = Segment(names)
    }

    /// Of a run that has all its answers, and commits next.
    var progress: Group.Progress {
        Group.Progress(isCommitting: true, transaction: transaction, results: results)
    }

    mutating func take(_ work: Job.Work, on connection: isolated Connection) async throws {
        if case .statement(let direct) = work {
            try await finishSegment(on: connection)
            statements.append((query: pending.count, result: results.count))
            pending.append(direct.query(names))
            results.append(.failure(.unavailable("it did not run")))
            return
        }
        if !segment.take(work) {
            try await finishSegment(on: connection)
            _ = segment.take(work)
        }
        works.append(work)
    }

    /// Reads what the segment needs, finds the answers of its jobs, and queues what it writes.
    ///
    /// The answers count once it is known what there is to write: one is never given without the other.
    mutating func finishSegment(on connection: isolated Connection) async throws {
        guard !works.isEmpty else { return }
        let start = pending.count
        pending += segment.reads
        var rows = try await flush(on: connection)
        var plan = try Plan(segment, rows[start...])
        if plan.lacksPlaces {
            let makings = segment.makings
            rows = try await connection.round(makings + segment.reads)
            plan = try Plan(segment, rows[makings.count...])
        }
        var answers: [Job.Result] = []
        for work in works { answers.append(plan.perform(work)) }
        let writes = try plan.writes()
        results += answers
        pending += writes
        segment = Segment(names)
        works = []
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
        if transaction == nil { transaction = Transaction.id(in: rows) }
        return rows
    }
}

extension Plan {
    /// All that the database needs to become what the plan left.
    func writes() throws(StorageError) -> [Query] {
        try documentWrites() + logWrites() + rosterWrites()
    }
}
