import MartletNet

extension Connection {
    /// Hands a round to libpq, with what has to be prepared before it.
    ///
    /// A preparation has its own `Sync`, so that what fails in a round before does not undo it.
    ///
    /// - Returns: why it cannot be sent, if so; the session is of no use then.
    func send(_ queries: [Query], _ session: Session) -> DatabaseError? {
        var names: [String?] = []
        names.reserveCapacity(queries.count)
        for query in queries {
            if let fault = name(query, session, &names) { return fault }
        }
        // The last one that may take its time: nothing after it needs to be heard by itself.
        let last = queries.lastIndex(where: { !$0.statement.isBrief }) ?? 0
        for (place, (query, name)) in zip(queries, names).enumerated() {
            guard buffer.encode(query.parameters) else { return Self.tooLarge }
            let isSent =
                if let name { session.execute(prepared: name, buffer) } else {
                    session.execute(query.statement.text, buffer)
                }
            guard isSent else { return Self.unsent(session) }
            expected.append(.execution(query.statement, name))
            // Each answer comes when it is there, so that the server's silence is that of one statement.
            let statement = query.statement
            let isHeard = statement.effect == .none && !statement.isBrief && place < last
            guard !isHeard || session.requestFlush() else { return Self.unsent(session) }
        }
        guard session.synchronise() else { return Self.unsent(session) }
        expected.append(.end)
        return nil
    }

    /// Finds the name of a query's statement, or has it prepared.
    private func name(
        _ query: Query,
        _ session: Session,
        _ names: inout [String?]
    ) -> DatabaseError? {
        // A rollback works whatever the session has forgotten.
        guard prepares, !query.statement.isUsedOnce, query.statement.effect != .rollsBack else {
            names.append(nil)
            return nil
        }
        if let name = prepared.name(of: query) {
            names.append(name)
            return nil
        }
        guard let name = prepared.add(query) else {
            names.append(nil)
            return nil
        }
        names.append(name)
        guard buffer.encode(query.parameters) else { return Self.tooLarge }
        guard session.prepare(query.statement.text, as: name, buffer), session.synchronise() else {
            return Self.unsent(session)
        }
        expected.append(.preparation(query.statement, name))
        expected.append(.pause)
        return nil
    }

    /// Writes what the kernel takes, and waits for it to take the rest.
    func flush(_ session: Session) {
        switch session.flush() {
        case .all: keepWatching(session, writing: false)
        case .some: keepWatching(session, writing: true)
        case .broken: end(session.lastMessage)
        }
    }

    private func keepWatching(_ session: Session, writing: Bool) {
        guard watch?.watch(session.socket, reading: true, writing: writing) == true else {
            return end("its descriptor cannot be watched")
        }
    }

    static let tooLarge = DatabaseError.server(
        ServerFailure(sqlState: "54000", message: "the parameters are too many or too large")
    )

    private static func unsent(_ session: Session) -> DatabaseError {
        .lost(session.lastMessage, mayHaveCommitted: false)
    }

    // MARK: Silence

    /// Looks again, when the server has had its time, whether it said something.
    func watchForSilence() {
        guard let round = rounds.first else { return }
        let heard = ShardInstant(nanoseconds: max(lastHeard.nanoseconds, round.sentAt))
        let until = heard.advanced(by: round.limit)
        if let silence {
            guard until < silence.until else { return }
            shard.cancel(silence.timer)
        }
        let rest = shard.now.duration(to: until)
        guard rest > .zero else { return end("it said nothing for \(round.limit)") }
        let timer = shard.schedule(after: rest) { [self] in
            silence = nil
            watchForSilence()
        }
        silence = (timer, until)
    }
}
