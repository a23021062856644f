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
    /// How long a group waits for the connection, as the pool has it.
    var waitTimeout = Duration.seconds(10)
    var failures: FailureLog?
    var tally: WriteTally?
    /// Times that a group which was in another transaction's way, or lost its connection, is tried.
    private static let attempts = 5
    /// How long a group is done in parts, before the rest of it fails as the last part did.
    private static let patience = Duration.seconds(10)
    /// Bytes of a job that has room where there is any: some pages.
    private static let smallCost = 64 << 10

    func run() async {
        while let jobs = await queue.take() {
            var groups = Self.groups(of: jobs)[...]
            while let group = groups.popFirst() {
                let deadline = ContinuousClock.now + Self.patience
                let last = await commit(group, Transaction.lockLimit, until: deadline)
                if last == nil { failures?.noteSuccess() }
                guard let failure = last, failure.isAbsence else { continue }
                // Who has waited for as long is not to wait for as long again.
                for group in groups { fail(group, with: failure) }
                groups = []
                let moment = ContinuousClock.now - waitTimeout / 2
                fail(queue.takeThose(since: moment), with: failure)
            }
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

    /// Does a group, or its parts, and tells each caller what came of it.
    ///
    /// - Returns: how the last part failed that did.
    private func commit(
        _ jobs: [Job],
        _ lockLimit: Duration,
        until deadline: ContinuousClock.Instant
    ) async -> GroupFailure? {
        let failure: GroupFailure
        switch await attempt(Group(jobs: jobs, names: names, lockLimit: lockLimit)) {
        case .success(let results):
            tally?.noteCommit(of: jobs.count)
            for (job, result) in zip(jobs, results) { job.done(result) }
            return nil
        case .failure(let error): failure = error
        }
        // What one job asks may be refused, need more room than there is, or meet a damaged row or a lock:
        // the others need not fail.
        guard failure.isOfOneJob, jobs.count > 1, ContinuousClock.now < deadline else {
            fail(jobs, with: failure)
            let isSmall = jobs.count == 1 && jobs[0].cost <= Self.smallCost
            return isSmall ? failure.ofSmallJob : failure
        }
        var last: GroupFailure?
        for part in await parts(of: jobs, after: failure) {
            if let last, last.endsGroup {
                fail(part, with: last)
            } else {
                last = await commit(part, Transaction.partLockLimit, until: deadline) ?? last
            }
        }
        return last
    }

    private func fail(_ jobs: [Job], with failure: GroupFailure) {
        failures?.note(failure)
        tally?.noteFailure(of: jobs.count)
        for job in jobs { job.done(.failure(failure.told)) }
    }

    /// What to try after a group has failed: all but those whose lock is held, who fail, or else its halves.
    private func parts(of jobs: [Job], after failure: GroupFailure) async -> [[Job]] {
        let held = await heldOwners(of: jobs, after: failure)
        guard held.isEmpty else {
            let isHeld = { (job: Job) in job.work.owner.map { held.contains($0) } ?? false }
            fail(jobs.filter(isHeld), with: failure)
            let rest = jobs.filter { !isHeld($0) }
            return rest.isEmpty ? [] : [rest]
        }
        let middle = jobs.count / 2
        return [Array(jobs[..<middle]), Array(jobs[middle...])]
    }

    private func attempt(_ group: Group) async -> Result<[Job.Result], GroupFailure> {
        var failure = GroupFailure.database(.unavailable("it was not tried"))
        for _ in 0..<Self.attempts {
            let trial = await tryOnce(group)
            switch trial.outcome {
            case .success: return trial.outcome
            case .failure(let error): failure = error
            }
            if failure.isLoss {
                names.forget()
                guard trial.progress.isCommitting else { continue }
                switch await fate(of: trial.progress.transaction) {
                case .committed: return trial.progress.results.map { .success($0) } ?? trial.outcome
                case .aborted: continue
                case .unknown: return trial.outcome
                case .away: return .failure(failure.asAbsence)
                }
            }
            guard failure.isPassing else { return trial.outcome }
        }
        return .failure(failure)
    }

    /// What came of doing a group once.
    private struct Trial: Sendable {
        var outcome: Result<[Job.Result], GroupFailure>
        var progress = Group.Progress()
    }

    private func tryOnce(_ group: Group) async -> Trial {
        do throws(DatabaseError) {
            return try await pool.withConnection {
                (connection: isolated Connection) async throws(DatabaseError) -> Trial in
                var progress = Group.Progress()
                do throws(GroupFailure) {
                    let results = try await group.commit(on: connection, &progress)
                    return Trial(outcome: .success(results), progress: progress)
                } catch {
                    return Trial(outcome: .failure(error), progress: progress)
                }
            }
        } catch {
            return Trial(outcome: .failure(.away(error)))
        }
    }

    /// What became of a transaction whose commit was not answered.
    private enum Fate: Sendable {
        case committed, aborted, unknown
        /// Nobody is there to be asked.
        case away
    }

    /// Asks a new connection.
    private func fate(of transaction: Transaction.Mark?) async -> Fate {
        guard let transaction else { return .unknown }
        for _ in 0..<Self.attempts {
            guard let connection = try? await pool.lease() else { return .away }
            let query = Transaction.status(of: transaction)
            let status = try? await connection.round([query]).first?.text(0, 0)
            await pool.giveBack(connection)
            switch status {
            case "committed": return .committed
            case "aborted": return .aborted
            case "in progress":  // Its server process has not noticed yet.
                try? await Task.sleep(for: .milliseconds(200))
            default: return .unknown
            }
        }
        return .unknown
    }
}

extension Writer {
    /// The owners of jobs whose locks somebody else holds at this moment, if that is what went wrong.
    private func heldOwners(of jobs: [Job], after failure: GroupFailure) async -> Set<Owner> {
        guard failure.isOfLock else { return [] }
        let owners = Array(Set(jobs.compactMap(\.work.owner)))
        let names = names
        let rows = try? await pool.withConnection {
            (connection: isolated Connection) async throws(DatabaseError) in
            let met = Set(owners.map { ByteText($0.domain) })
            let numbers = try await names.meet(met, mayMake: false, on: connection)
            let keys: [Parameter] = [
                .integers(owners.map { numbers[$0.domain] }),
                .byteStrings(owners.map { Array($0.name.utf8) }),
            ]
            return try await connection.round([Query(Self.present, keys), Query(Self.free, keys)])
        }
        guard let answers = rows, answers.count == 2 else { return [] }
        let held = Self.places(answers[0]).subtracting(Self.places(answers[1]))
        return Set(owners.indices.filter { held.contains($0) }.map { owners[$0] })
    }

    private static func places(_ rows: Rows) -> Set<Int> {
        Set(
            (0..<rows.count).compactMap { row in
                rows.integer(row, 0).flatMap { $0 > 0 ? Int($0) - 1 : nil }
            }
        )
    }

    private static let present: Statement = """
        SELECT k.place FROM unnest($1::bigint[], $2::bytea[]) WITH ORDINALITY
            AS k(domain, name, place),
        LATERAL (SELECT FROM owner WHERE domain = k.domain AND name = k.name LIMIT 1) AS o
        """

    /// Locks those that it can, until its own end.
    private static let free: Statement = """
        SELECT k.place FROM unnest($1::bigint[], $2::bytea[]) WITH ORDINALITY
            AS k(domain, name, place),
        LATERAL (SELECT FROM owner WHERE domain = k.domain AND name = k.name LIMIT 1
            FOR NO KEY UPDATE SKIP LOCKED) AS o
        """
}
