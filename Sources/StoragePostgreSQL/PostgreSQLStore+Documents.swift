internal import MartletPostgreSQL
public import MartletStorage

extension PostgreSQLStore {
    @discardableResult
    public func perform(_ operations: [Operation], of owner: Owner)
        async throws(StorageError) -> [Outcome]
    {
        try StoreBounds.check(operations, of: owner)
        if operations.allSatisfy(\.isRead) { return try await read(operations, of: owner) }
        let answer = try await write(.operations(operations, of: owner, at: now()), operations.cost)
        return try answer.outcomes
    }

    public func perform(
        _ operations: [Operation],
        of owner: Owner,
        then done: @escaping @Sendable (Result<[Outcome], StorageError>) -> Void
    ) {
        if operations.allSatisfy(\.isRead) || isInvalid(operations, owner) {
            // Who asked is told by it, and waits for that.
            Task {
                do throws(StorageError) {
                    done(.success(try await perform(operations, of: owner)))
                } catch {
                    done(.failure(error))
                }
            }
            return
        }
        write(.operations(operations, of: owner, at: now()), operations.cost) { result in
            done(Result { () throws(StorageError) in try result.get().outcomes })
        }
    }

    private func isInvalid(_ operations: [Operation], _ owner: Owner) -> Bool {
        (try? StoreBounds.check(operations, of: owner)) == nil
    }

    public func removeAll(of owner: Owner) async throws(StorageError) {
        try StoreBounds.check(owner)
        _ = try await run(
            Direct(
                statement: "SELECT remove_owner($1::integer, $2)",
                names: [owner.domain],
                parameters: [.bytes(Array(owner.name.utf8))],
                owner: owner
            )
        )
        noteRemoval()
    }

    public func removeExpiredDocuments(limit: Int) async throws(StorageError) -> Int {
        try StoreBounds.check(limit: limit)
        noteRemoval()  // Another node may have removed an owner.
        let rows = try await run(
            Direct(
                statement: Self.removeExpired,
                names: [],
                parameters: [.time(now().inRange), .integer(limit)]
            )
        )
        return rows.affected
    }

    private static let removeExpired: Statement = """
        DELETE FROM document WHERE ctid = ANY (ARRAY(SELECT ctid FROM document
            WHERE expires <= $1 ORDER BY expires LIMIT $2 FOR UPDATE SKIP LOCKED))
        """

    private func read(_ operations: [Operation], of owner: Owner)
        async throws(StorageError) -> [Outcome]
    {
        guard !operations.isEmpty else {
            try gate.enter()
            gate.leave()
            return []
        }
        let moment = now()
        var met: Set<ByteText> = [ByteText(owner.domain)]
        for operation in operations { operation.addNames(to: &met) }
        if operations.count == 1, operations[0].isPrompt {
            return [try await read(operations[0], of: owner, at: moment, met)]
        }
        return try await read(met) { names in
            operations.map { Reading($0, of: owner, at: moment, names) }
        }
    }
}

extension PostgreSQLStore {
    private func read(
        _ operation: Operation,
        of owner: Owner,
        at moment: Timestamp,
        _ met: Set<ByteText>
    ) async throws(StorageError) -> Outcome {
        let rows = try await prompt(met) { names in
            Reading(operation, of: owner, at: moment, names).queries[0]
        }
        let reading = Reading(operation, of: owner, at: moment, NameTable())
        return try reading.outcome([rows])
    }
}

extension Operation {
    /// Whether it is read by one statement, in one look into an index.
    fileprivate var isPrompt: Bool {
        switch self {
        case .get, .size: true
        default: false
        }
    }
}

extension [Operation] {
    /// Bytes that they keep in memory, roughly.
    fileprivate var cost: Int { reduce(0) { $0 + $1.valueBytes } }
}

extension Job.Answer {
    var outcomes: [Outcome] {
        get throws(StorageError) {
            guard case .outcomes(let outcomes) = self else { throw .corrupt("another answer") }
            return outcomes
        }
    }

    var version: Int64 {
        get throws(StorageError) {
            guard case .version(let version) = self else { throw .corrupt("another answer") }
            return version
        }
    }

    var rows: Rows {
        get throws(StorageError) {
            guard case .rows(let rows) = self else { throw .corrupt("another answer") }
            return rows
        }
    }
}
