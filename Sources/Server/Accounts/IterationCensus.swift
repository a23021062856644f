import MartletCore
import MartletSASL
import MartletStorage
import Synchronization

/// Looks now and then how the iteration counts of a domain's accounts are spread.
///
/// One look at a time for each domain; whoever comes meanwhile waits for it. What is known is said at
/// once, on the caller's thread.
final class IterationCensus: Sendable {
    /// How many accounts of a domain are looked at.
    static let sampleSize = 500
    /// How long what was seen holds.
    static let validity = Duration.seconds(600)

    private typealias Outcome = Result<IterationSpread, StorageError>

    private struct Look {
        let task: Task<Outcome, Never>
        let until: ContinuousClock.Instant
        var spread: IterationSpread?
    }

    /// By domain; there are as many as are served.
    private let looks = Mutex<[String: Look]>([:])

    /// What was seen at the last look, while that holds.
    func known(in domain: String) -> IterationSpread? {
        looks.withLock { looks in
            guard let look = looks[domain], look.until > .now else { return nil }
            return look.spread
        }
    }

    func spread(
        in domain: String,
        of store: any Store
    ) async throws(StorageError) -> IterationSpread {
        let look = looks.withLock { looks in
            if let look = looks[domain], look.until > .now { return look }
            // Waited for below, and by all who find it.
            let task = Task { await Self.look(at: domain, in: store) }
            let look = Look(task: task, until: .now + Self.validity)
            looks[domain] = look
            return look
        }
        if let spread = look.spread { return spread }
        let outcome = await look.task.value
        note(outcome, of: look, at: domain)
        return try outcome.get()
    }

    /// What failed is tried again by the next who asks.
    private func note(_ outcome: Outcome, of look: Look, at domain: String) {
        looks.withLock { looks in
            guard looks[domain]?.task == look.task else { return }
            switch outcome {
            case .success(let spread): looks[domain]?.spread = spread
            case .failure: looks[domain] = nil
            }
        }
    }

    private static func look(at domain: String, in store: any Store) async -> Outcome {
        do throws(StorageError) {
            let sample = try await store.accounts(in: domain, after: nil, limit: sampleSize)
            return .success(IterationSpread(sample.compactMap(\.iterations)))
        } catch {
            return .failure(error)
        }
    }
}

extension Account {
    /// The count of its verifiers, which is the same for all that we make.
    fileprivate var iterations: Int? {
        Accounts.hashes.lazy.compactMap { self.credentials($0)?.iterations }.first
    }
}
