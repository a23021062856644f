internal import MartletPostgreSQL
internal import MartletStorage

/// Commits the queued jobs group by group, as long as the queue is open.
///
/// All jobs that were queued while the last group was under way are one transaction, so that the more
/// there is to write, the more writes share one flush of the disk.
struct Writer: Sendable {
    let pool: Pool
    let queue: JobQueue
    let names: Names
    /// Times that a group which was in another transaction's way, or lost its connection, is tried.
    private static let attempts = 5

    func run() async {
        while let jobs = await queue.take() {
            for group in Self.groups(of: jobs) { await commit(group) }
        }
    }

    /// Jobs that cannot share a transaction have one of their own, in the order in which all came.
    private static func groups(of jobs: [Job]) -> [[Job]] {
        var groups: [[Job]] = [[]]
        for job in jobs {
            if job.work.isPlannable {
                groups[groups.count - 1].append(job)
            } else {
                groups += [[job], []]
            }
        }
        return groups.filter { !$0.isEmpty }
    }

    /// Does a group, and tells each caller what came of it.
    private func commit(_ jobs: [Job]) async {
        let failure: DatabaseError
        switch await attempt(Group(jobs: jobs, names: names)) {
        case .success(let results):
            for (job, result) in zip(jobs, results) { job.done(result) }
            return
        case .failure(let error): failure = error
        }
        // What one job asks may be refused, or need more room than there is: the others need not fail.
        guard failure.isOfOneJob, jobs.count > 1 else {
            for job in jobs { job.done(.failure(StorageError(failure))) }
            return
        }
        let middle = jobs.count / 2
        await commit(Array(jobs[..<middle]))
        await commit(Array(jobs[middle...]))
    }

    private func attempt(_ group: Group) async -> Result<[Job.Result], DatabaseError> {
        var failure = DatabaseError.unavailable("it was not tried")
        for _ in 0..<Self.attempts {
            let (outcome, progress) = await tryOnce(group)
            switch outcome {
            case .success: return outcome
            case .failure(let error): failure = error
            }
            if case .lost = failure {
                guard progress.isCommitting else { continue }
                switch await isCommitted(progress.transaction) {
                case true?: return progress.results.map { .success($0) } ?? outcome
                case false?: continue
                case nil: return outcome
                }
            }
            guard failure.isPassing else { return outcome }
        }
        return .failure(failure)
    }

    private func tryOnce(_ group: Group) async
        -> (Result<[Job.Result], DatabaseError>, Group.Progress)
    {
        do throws(DatabaseError) {
            return try await pool.withConnection {
                (connection: isolated Connection) async throws(DatabaseError) in
                var progress = Group.Progress()
                do throws(DatabaseError) {
                    return (.success(try await group.commit(on: connection, &progress)), progress)
                } catch {
                    return (.failure(error), progress)
                }
            }
        } catch {
            return (.failure(error), Group.Progress())
        }
    }

    /// Asks a new connection what became of a transaction; nil when that cannot be known.
    private func isCommitted(_ transaction: String?) async -> Bool? {
        guard let transaction else { return nil }
        for _ in 0..<Self.attempts {
            let status = try? await pool.withConnection {
                (connection: isolated Connection) async throws(DatabaseError) in
                let rows = try await connection.round([Query(Self.status, [.text(transaction)])])
                return rows.first?.text(0, 0)
            }
            switch status {
            case "committed": return true
            case "aborted": return false
            case "in progress":  // Its server process has not noticed yet.
                try? await Task.sleep(for: .milliseconds(200))
            default: return nil
            }
        }
        return nil
    }

    private static let status: Statement = "SELECT pg_xact_status(($1::text)::xid8)"
}
