import MartletCore
import MartletStorage
import Synchronization
import TestSupport

/// Counts how often somebody asks whether an account exists.
final class CountingStore: ForwardingStore {
    let store = MemoryStore()
    private let count = Mutex(0)

    var lookUps: Int { count.withLock { $0 } }

    func account(_ jid: JID) async throws(StorageError) -> Account? {
        count.withLock { $0 += 1 }
        return try await store.account(jid)
    }
}
