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
        for operation in operations {
            switch operation {
            case .append(_, to: Self.log) where owner == poor: throw .full
            case .query(_, in: Self.log):
                asked?.yield()
                if let gate { for await _ in gate {} }
            default: break
            }
        }
        let outcomes = try await store.perform(operations, of: owner)
        for case .documents(let documents) in outcomes {
            listedCount.add(documents.count, ordering: .relaxed)
        }
        return outcomes
    }
}
