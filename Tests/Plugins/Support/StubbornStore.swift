import MartletCore
import MartletStorage
import Synchronization
import TestSupport

/// A store in memory that fails to archive for somebody, or waits before it looks into archives; and
/// that counts what it is asked for.
final class StubbornStore: ForwardingStore {
    let store = MemoryStore()
    private let poor: Owner?
    private let gate: AsyncStream<Void>?
    private let asked: AsyncStream<Void>.Continuation?

    /// How many documents it listed.
    let listedCount = Atomic(0)

    private static let log = "archive"

    /// One that does what it is asked, and counts.
    init() {
        (poor, gate, asked) = (nil, nil, nil)
    }

    init(failsToAppendFor account: JID) {
        poor = Owner(account)
        (gate, asked) = (nil, nil)
    }

    init(waitsToQuery gate: AsyncStream<Void>, telling asked: AsyncStream<Void>.Continuation) {
        poor = nil
        self.gate = gate
        self.asked = asked
    }

    func perform(_ operations: [Operation], of owner: Owner)
        async throws(StorageError) -> [Outcome]
    {
        guard admits(operations, of: owner) else { throw .full }
        if let gate, operations.contains(where: Self.readsArchive) {
            asked?.yield()
            for await _ in gate {}
        }
        let outcomes = try await store.perform(operations, of: owner)
        count(outcomes)
        return outcomes
    }

    func perform(
        _ operations: [Operation],
        of owner: Owner,
        then done: @escaping @Sendable (Result<[Outcome], StorageError>) -> Void
    ) {
        guard operations.contains(where: Self.readsArchive) || !admits(operations, of: owner) else {
            return store.perform(operations, of: owner) { result in
                if case .success(let outcomes) = result { self.count(outcomes) }
                done(result)
            }
        }
        // What waits, or fails, changes nothing that others could come behind.
        Task {
            do throws(StorageError) {
                done(.success(try await perform(operations, of: owner)))
            } catch {
                done(.failure(error))
            }
        }
    }

    private func admits(_ operations: [Operation], of owner: Owner) -> Bool {
        owner != poor
            || !operations.contains {
                if case .append(_, to: Self.log) = $0 { true } else { false }
            }
    }

    private static func readsArchive(_ operation: Operation) -> Bool {
        if case .query(_, in: log) = operation { true } else { false }
    }

    private func count(_ outcomes: [Outcome]) {
        for case .documents(let documents) in outcomes {
            listedCount.add(documents.count, ordering: .relaxed)
        }
    }
}
