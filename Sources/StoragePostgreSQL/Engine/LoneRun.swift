internal import MartletPostgreSQL
internal import MartletStorage

/// A batch that searches what it has written: a transaction of its own, one operation after the other.
struct LoneRun {
    let names: NameTable

    func perform(
        _ work: Job.Work,
        on connection: isolated Connection,
        _ progress: inout Group.Progress
    ) async throws(DatabaseError) -> Job.Result {
        guard case .operations(let operations, let owner, let moment) = work else {
            return .failure(.corrupt("a statement is never alone"))
        }
        do {
            var outcomes: [Outcome] = []
            let begun = try await lock(work, on: connection)
            for operation in operations {
                outcomes.append(try await perform(operation, of: owner, at: moment, on: connection))
            }
            let result = Job.Result.success(.outcomes(outcomes))
            progress.transaction = Transaction.mark(in: begun)
            progress.results = [result]
            progress.isCommitting = true
            _ = try await connection.round([Transaction.commit])
            return result
        } catch let error as StorageError {
            _ = try await connection.round([Transaction.rollback])
            return .failure(error)
        } catch {
            throw error as? DatabaseError ?? .lost("\(error)", mayHaveCommitted: false)
        }
    }

    /// Begins, and locks the owner, which is made before if something is put into it and it is not there.
    ///
    /// - Returns: the rows of `Transaction.begin`.
    private func lock(_ work: Job.Work, on connection: isolated Connection) async throws -> [Rows] {
        let owners = GroupOwners(GroupStep.steps(of: [work], names))
        let begun = try await connection.round(Transaction.begin() + [owners.lock(names)])
        if begun.last?.isEmpty == true {
            _ = try await connection.round([owners.making(names), owners.lock(names)])
        }
        return begun
    }

    private func perform(
        _ operation: Operation,
        of owner: Owner,
        at moment: Timestamp,
        on connection: isolated Connection
    ) async throws -> Outcome {
        if operation.isRead {
            let reading = Reading(operation, of: owner, at: moment, names)
            return try reading.outcome(try await connection.round(reading.queries)[...])
        }
        let work = Job.Work.operations([operation], of: owner, at: moment)
        var segment = Segment(names)
        _ = segment.take(work)
        var plan = try Plan(segment, try await connection.round(segment.reads)[...])
        let owners = GroupOwners([.segment(segment, [work])])
        try await plan.makePlaces(owners, on: connection)
        let answer = try plan.perform(work).get()
        let writes = try plan.writes()
        if !writes.isEmpty { _ = try await connection.round(writes) }
        guard case .outcomes(let outcomes) = answer, let outcome = outcomes.first else {
            throw StorageError.corrupt("an operation had no outcome")
        }
        return outcome
    }
}
