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
        var transaction: Transaction.Mark?
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
        let steps = GroupStep.steps(of: jobs.map(\.work), names)
        var run = GroupRun(steps, names, lockLimit: lockLimit)
        for step in steps { try await run.take(step, on: connection) }
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
