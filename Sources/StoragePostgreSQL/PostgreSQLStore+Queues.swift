internal import MartletPostgreSQL
internal import MartletStorage

extension PostgreSQLStore {
    /// Queues a write, and tells what came of it after its commit.
    func write(
        _ work: Job.Work,
        _ cost: Int,
        then done: @escaping @Sendable (Job.Result) -> Void
    ) {
        guard let failure = queue.put(Job(work: work, cost: cost, done: done)) else { return }
        // Never before this returns; nobody waits for the task itself.
        Task { done(.failure(failure)) }
    }

    func write(_ work: Job.Work, _ cost: Int) async throws(StorageError) -> Job.Answer {
        let result = await withCheckedContinuation { continuation in
            let job = Job(work: work, cost: cost, done: { continuation.resume(returning: $0) })
            if let failure = queue.put(job) { continuation.resume(returning: .failure(failure)) }
        }
        return try result.get()
    }

    /// Does one statement in the order of the writes.
    func run(_ direct: Direct) async throws(StorageError) -> Rows {
        try await write(.statement(direct), 0).rows
    }
}

extension PostgreSQLStore {
    /// Times that a read which lost its connection is tried.
    private static let attempts = 3

    /// Reads on a connection of its own, again when it was lost.
    func read<T: Sendable>(
        _ body: @escaping @Sendable (isolated Connection) async throws(DatabaseError) -> T
    ) async throws(StorageError) -> T {
        try gate.enter()
        defer { gate.leave() }
        return try await readInside(body)
    }

    /// The same for a call that the gate has let in.
    private func readInside<T: Sendable>(
        _ body: @escaping @Sendable (isolated Connection) async throws(DatabaseError) -> T
    ) async throws(StorageError) -> T {
        var failure = DatabaseError.unavailable("it was not tried")
        for _ in 0..<Self.attempts {
            do throws(DatabaseError) {
                let value = try await pools.reading.withConnection(body)
                readFailures.noteSuccess()
                return value
            } catch {
                failure = error
                if case .lost = error {
                    names.forget()
                    continue
                }
                guard error.isPassing else { break }
            }
        }
        readFailures.note(.database(failure))
        throw StorageError(failure)
    }

    /// Does readings in one round, and at one moment.
    func read(_ met: Set<ByteText>, _ make: @escaping @Sendable (NameTable) -> [Reading])
        async throws(StorageError) -> [Outcome]
    {
        let names = names
        let (readings, rows) = try await read {
            (connection: isolated Connection) async throws(DatabaseError) in
            let readings = make(try await names.meet(met, mayMake: false, on: connection))
            let queries = readings.flatMap(\.queries)
            return (readings, try await connection.snapshot(queries))
        }
        var outcomes: [Outcome] = []
        var rest = rows[...]
        for reading in readings {
            outcomes.append(try reading.outcome(rest.prefix(reading.queries.count)))
            rest = rest.dropFirst(reading.queries.count)
        }
        return outcomes
    }
}

extension PostgreSQLStore {
    /// Asks one statement, which is answered soon, together with others.
    func prompt(
        _ names: Set<ByteText>,
        _ query: @escaping @Sendable (NameTable) -> Query,
        then done: @escaping @Sendable (Result<Rows, StorageError>) -> Void
    ) {
        do throws(StorageError) {
            try gate.enter()
        } catch {
            // Never before this returns; nobody waits for the task itself.
            Task { done(.failure(error)) }
            return
        }
        let read = PromptRead(names: names, query: query) { [gate] in
            gate.leave()
            done($0)
        }
        reads.put(read) { [self] in await ask($0) }
    }

    func prompt(_ names: Set<ByteText>, _ query: @escaping @Sendable (NameTable) -> Query)
        async throws(StorageError) -> Rows
    {
        let result = await withCheckedContinuation { continuation in
            prompt(names, query) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Asks by itself what failed in company.
    private func ask(_ read: PromptRead) async {
        let names = names
        do throws(StorageError) {
            let rows = try await readInside {
                (connection: isolated Connection) async throws(DatabaseError) in
                let table = try await names.meet(read.names, mayMake: false, on: connection)
                return try await connection.round([read.query(table)])
            }
            guard let first = rows.first else { throw .corrupt("an answer is missing") }
            read.done(.success(first))
        } catch {
            read.done(.failure(error))
        }
    }
}

extension Connection {
    /// Reads in one round; several statements see the same moment.
    func snapshot(_ queries: [Query]) async throws(DatabaseError) -> [Rows] {
        guard queries.count > 1 else { return try await round(queries) }
        do throws(DatabaseError) {
            let rows = try await round(
                [Transaction.beginReading] + queries + [Transaction.endReading]
            )
            return Array(rows.dropFirst().dropLast())
        } catch {
            if isInTransaction { _ = try? await round([Transaction.rollback]) }
            throw error
        }
    }
}
