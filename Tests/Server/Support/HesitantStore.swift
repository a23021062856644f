import MartletCore
import MartletStorage
import Synchronization
import TestSupport

/// A store in memory that, once it hesitates, tells of an account when it is allowed to and not before.
final class HesitantStore: ForwardingStore {
    private struct State {
        var hesitates = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    let store = MemoryStore()
    /// One for each question that waits.
    let questions: AsyncStream<Void>
    private let question: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    init() { (questions, question) = AsyncStream.makeStream() }

    func hesitate() { state.withLock { $0.hesitates = true } }

    /// Answers what was asked, and what will be; tells how many questions waited.
    @discardableResult
    func goOn() -> Int {
        let waiting = state.withLock { state in
            defer { state = State() }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
        return waiting.count
    }

    func account(_ jid: JID) async throws(StorageError) -> Account? {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                if state.hesitates { state.waiting.append(continuation) }
                return state.hesitates
            }
            if waits { question.yield() } else { continuation.resume() }
        }
        return try await store.account(jid)
    }
}
