import MartletCore
import MartletSASL
import MartletStorage

/// Looks now and then how the iteration counts of a domain's accounts are spread.
///
/// One look at a time for each domain; whoever comes meanwhile waits for it.
actor IterationCensus {
    /// How many accounts of a domain are looked at.
    static let sampleSize = 500
    /// How long what was seen holds.
    static let validity = Duration.seconds(600)

    private struct Look {
        let outcome: Task<Result<IterationSpread, StorageError>, Never>
        let until: ContinuousClock.Instant
    }

    /// By domain; there are as many as are served.
    private var looks: [String: Look] = [:]

    func spread(
        in domain: String,
        of store: any Store
    ) async throws(StorageError) -> IterationSpread {
        if let look = looks[domain], look.until > .now {
            return try await look.outcome.value.get()
        }
        // Waited for below, and by all who find it.
        let outcome = Task { await Self.look(at: domain, in: store) }
        looks[domain] = Look(outcome: outcome, until: .now + Self.validity)
        let result = await outcome.value
        if case .failure = result { looks[domain] = nil }
        return try result.get()
    }

    private static func look(
        at domain: String,
        in store: any Store
    ) async -> Result<IterationSpread, StorageError> {
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
