import Synchronization

/// What somebody hears as text, and those who wait for some of it.
final class Hearing: Sendable {
    private struct Waiter {
        let number: Int
        let text: String
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var text = ""
        var isOver = false
        var waiting: [Waiter] = []
        var lastNumber = 0
    }

    private let state = Mutex(State())

    /// What was heard since the last ``forget()``.
    var text: String { state.withLock { $0.text } }

    var isOver: Bool { state.withLock { $0.isOver } }

    func forget() {
        state.withLock { $0.text = "" }
    }

    /// Waits until this is heard; false when it is over without, or when the test is given up.
    func heard(_ text: String) async -> Bool {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: Bool? = state.withLock { state in
                    if state.text.contains(text) { return true }
                    if state.isOver || Task.isCancelled { return false }
                    state.waiting.append(
                        Waiter(number: number, text: text, continuation: continuation)
                    )
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            take { $0.number == number }.forEach { $0.resume(returning: false) }
        }
    }

    /// Waits until it is over.
    func ended() async {
        _ = await heard("\u{0}never said")
    }

    func add(_ new: String) {
        let text = state.withLock { state in
            state.text += new
            return state.waiting.isEmpty ? "" : state.text
        }
        take { text.contains($0.text) }.forEach { $0.resume(returning: true) }
    }

    func end() {
        state.withLock { $0.isOver = true }
        take { _ in true }.forEach { $0.resume(returning: false) }
    }

    private func take(_ isDone: (Waiter) -> Bool) -> [CheckedContinuation<Bool, Never>] {
        state.withLock { state in
            let done = state.waiting.filter(isDone)
            state.waiting.removeAll(where: isDone)
            return done.map(\.continuation)
        }
    }
}
