import CPostgreSQL
import MartletNet

extension Connection {
    /// The descriptor is ready.
    func descriptorIsReady(canRead: Bool, canWrite: Bool) {
        guard let session else { return }
        if canRead { receive(session) }
        guard canWrite, self.session != nil else { return }
        // There is room again, because the other side took something.
        lastHeard = shard.now
        flush(session)
    }

    private func receive(_ session: Session) {
        repeat {
            let isWhole = session.consume()
            lastHeard = shard.now
            while self.session != nil, let result = session.nextResult() { take(result) }
            if !isWhole || session.isBad { return end(session.lastMessage) }
        } while self.session != nil && session.hasUnread
    }

    private func take(_ memory: ResultMemory) {
        switch memory.status {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: succeed(memory)
        case PGRES_PIPELINE_ABORTED: skip()
        case PGRES_FATAL_ERROR: fail(memory.failure)
        case PGRES_PIPELINE_SYNC: synchronised()
        default: end("it sent a result of an unexpected kind")
        }
    }

    private func succeed(_ memory: ResultMemory) {
        switch expected.popFirst() {
        case .preparation: break
        case .execution(let statement, _):
            rounds.first?.results.append(Rows(memory))
            if statement.effect == .commits { committed(memory) }
        case .pause, .end, nil: end("it sent a result that nobody asked for")
        }
    }

    /// A transaction that has failed answers to its commit that it was rolled back.
    private func committed(_ memory: ResultMemory) {
        if memory.tag == "ROLLBACK" {
            let message = "the transaction had failed, and its commit rolled it back"
            rounds.first?.failure = ServerFailure(sqlState: "25P02", message: message)
        } else {
            rounds.first?.hasCommitted = true
        }
    }

    /// The server did not look at it, because of what failed before.
    private func skip() {
        switch expected.popFirst() {
        case .preparation(let statement, let name): prepared.forget(statement, name)
        case .execution: break
        case .pause, .end, nil: end("it skipped what nobody asked for")
        }
    }

    private func fail(_ failure: ServerFailure) {
        if failure.isFatal {
            // The end of the connection follows; what it means for a round, `end` says.
            if lastWords == nil { lastWords = failure.description }
            return
        }
        noteFailure(failure)
        switch expected.first {
        case .preparation(let statement, let name):
            prepared.forget(statement, name)
            rounds.first?.preparationFailure = failure
            _ = expected.popFirst()
        case .execution(let statement, let name):
            if failure.isStale, let name { prepared.forget(statement, name) }
            rounds.first?.failure = failure
            _ = expected.popFirst()
        case .end:  // What was deferred to the transaction's end.
            rounds.first?.failure = failure
        case .pause, nil: end("it failed in what nobody asked for: \(failure)")
        }
    }

    private func synchronised() {
        switch expected.popFirst() {
        case .pause: break
        case .end: finishRound()
        case .preparation, .execution, nil: end("it owes results")
        }
    }

    private func finishRound() {
        guard let round = rounds.popFirst() else { return end("it ended what nobody began") }
        if let failure = round.failure, round.preparationFailure == nil, failure.isStale,
            round.isWhole, !round.isRepeated, rounds.isEmpty, !isInTransaction
        {
            var again = Round(round.queries, limit: round.limit, done: round.done)
            again.isRepeated = true
            return submit(again)
        }
        round.done(round.outcome)
    }
}
