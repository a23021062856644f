import MartletNet

extension PoolCore {
    /// Makes a connection for each call that waits, as far as the size allows.
    ///
    /// While the database is away, one attempt at a time.
    func grow() {
        guard !isClosed, pause == nil else { return }
        let bound = failures > 0 ? 1 : options.size - open.count
        while connecting < min(bound, waiting.count, options.size - open.count) { begin() }
    }

    private func begin() {
        connecting += 1
        // `close` waits for it.
        Task {
            do throws(DatabaseError) {
                try await connectOne()
            } catch {
                failed(error)
            }
        }
    }

    /// One attempt, for the caller to hear of; none, while there is another or what it would make.
    func connectNow() async throws(DatabaseError) {
        guard !isClosed, open.isEmpty, connecting == 0 else { return }
        if let pause { shard.cancel(pause) }
        pause = nil
        connecting += 1
        do {
            try await connectOne()
        } catch {
            failed(error)
            throw error
        }
    }

    private func connectOne() async throws(DatabaseError) {
        adopt(try await Connection.connect(to: target, options: options, on: shard))
    }

    private func adopt(_ connection: Connection) {
        connecting = max(0, connecting - 1)
        failures = 0
        open[ObjectIdentifier(connection)] = (connection, shard.now)
        note { $0.connected += 1 }
        // Perhaps it has ended already: then this calls at once.
        connection.whenEnded { reason in
            self.assumeIsolated { $0.ended(connection, reason) }
        }
        guard open[ObjectIdentifier(connection)] != nil else { return }
        if let awaySince {
            self.awaySince = nil
            log(.back(after: awaySince.duration(to: shard.now)))
        }
        hand(connection)
        grow()
    }

    private func failed(_ error: DatabaseError) {
        connecting = max(0, connecting - 1)
        failures += 1
        lastError = error.description
        // Another attempt, begun at the same time, may still succeed.
        if open.isEmpty, connecting == 0, awaySince == nil, !isClosed {
            awaySince = shard.now
            log(.away(reason: lastError))
        }
        note {
            $0.failedAttempts += 1
            $0.lastError = lastError
        }
        isClosed ? finishClosing() : tryLater()
    }

    private func ended(_ connection: Connection, _ reason: String) {
        let name = ObjectIdentifier(connection)
        guard let entry = open.removeValue(forKey: name) else { return }
        idle.removeAll { $0 === connection }
        lent.remove(name)
        guard !isClosed else {
            note { _ in }
            return finishClosing()
        }
        lastError = reason
        note {
            $0.lost += 1
            $0.lastError = reason
        }
        if !hasToldOfLoss {
            hasToldOfLoss = true
            log(.lost(reason: reason))
        }
        shortLives = entry.since.duration(to: shard.now) < .seconds(1) ? shortLives + 1 : 0
        failures = max(failures, shortLives)
        if failures > 0 {
            tryLater()
        } else if open.isEmpty, connecting == 0 {
            begin()
        } else {
            grow()
        }
    }

    /// Tries after a pause, by itself while there is no connection, else only if one is needed.
    private func tryLater() {
        guard pause == nil else { return }
        let doubled = options.firstPause * (1 << min(failures - 1, 10))
        // Nodes that lost the same server do not come back at the same moment.
        let wait = min(doubled, options.longestPause) * Double.random(in: 0.5...1)
        pause = shard.schedule(after: wait) { [self] in
            pause = nil
            if open.isEmpty, connecting == 0 { begin() } else { grow() }
        }
    }
}
