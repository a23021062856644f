internal import MartletStorage
internal import Synchronization

/// Counts the reads under way, so that closing can wait for them.
final class Gate: Sendable {
    private struct State {
        var count = 0
        var isClosed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func enter() throws(StorageError) {
        let isOpen = state.withLock { (state) -> Bool in
            if !state.isClosed { state.count += 1 }
            return !state.isClosed
        }
        guard isOpen else { throw .unavailable("it is closed") }
    }

    func leave() {
        let waiting = state.withLock { (state) -> [CheckedContinuation<Void, Never>] in
            state.count -= 1
            guard state.count == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Lets nobody in any more, and waits until all have left.
    func close() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { (state) -> Bool in
                state.isClosed = true
                guard state.count > 0 else { return true }
                state.waiting.append(continuation)
                return false
            }
            if isEmpty { continuation.resume() }
        }
    }
}
