internal import MartletNet
internal import MartletPostgreSQL
internal import MartletStorage

/// The steps from a URL to pools whose database has our schema.
struct Opening {
    let url: String
    let options: PostgreSQLOptions
    let names: Names
    let log: @Sendable (String) -> Void

    func pools(on shard: Shard) async throws(StorageError) -> Pools {
        let (log, names) = (log, names)
        let pools: Pools
        do throws(DatabaseError) {
            pools = try Pools(url: url, options: options, shard: shard) { event in
                names.forget()  // The next connection may be to another server.
                log(event.description)
            }
        } catch {
            throw StorageError(error)
        }
        do throws(StorageError) {
            try await migrate(pools.writing)
            return pools
        } catch {
            await pools.close()
            throw error
        }
    }

    /// Waits for a database that starts at the same time as we do, as in a composition of containers.
    private func migrate(_ pool: Pool) async throws(StorageError) {
        let deadline = ContinuousClock.now + options.startTimeout
        var hasSaid = false
        while true {
            do {
                // Says at once, and by its kind, that we are refused; who waits for a lease learns it late.
                try await pool.connect()
                let connection = try await pool.lease()
                let failure = await Self.migrate(connection)
                await pool.giveBack(connection)
                guard let failure else { return }
                throw failure
            } catch let error as StorageError {
                throw error
            } catch {
                let error = error as? DatabaseError ?? .unavailable("\(error)")
                guard error.isWorthWaitingFor, ContinuousClock.now < deadline else {
                    throw StorageError(error)
                }
                if !hasSaid {
                    log("waiting for the database, for \(options.startTimeout): \(error)")
                }
                hasSaid = true
                try? await Task.sleep(for: .milliseconds(250))
            }
        }
    }
}

extension Opening {
    /// What kept the migrations from being made, if anything did.
    private static func migrate(_ connection: Connection) async -> (any Error)? {
        do {
            try await Migrations.run(on: connection)
            return nil
        } catch {
            return error
        }
    }
}

extension DatabaseError {
    /// Whether a database that is about to be there looks like this.
    fileprivate var isWorthWaitingFor: Bool {
        switch self {
        case .unavailable, .lost, .busy: true
        case .refused: false
        case .server(let failure):
            failure.mayPassNextTime
                || ["57P", "08", "53300"].contains { failure.sqlState.hasPrefix($0) }
        }
    }
}
