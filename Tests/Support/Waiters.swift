import Synchronization

/// Those who wait for something, each until it is told, or until its test is given up.
///
/// A test that is out of time is cancelled: who still waited then would hold up all that come after it.
package final class Waiters<Wish: Sendable, Answer: Sendable>: Sendable {
    private struct Waiter {
        let number: Int
        let wish: Wish
        let continuation: CheckedContinuation<Answer?, Never>
    }

    private struct State {
        var waiting: [Waiter] = []
        var lastNumber = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Waits until this is told, unless it is known already; nil when the test is given up.
    ///
    /// What `known` looks at must be changed before it is told.
    @discardableResult
    package func wait(for wish: Wish, unless known: () -> Answer?) async -> Answer? {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    let answer = known()
                    guard answer == nil, !Task.isCancelled else {
                        return continuation.resume(returning: answer)
                    }
                    state.waiting.append(
                        Waiter(number: number, wish: wish, continuation: continuation)
                    )
                }
            }
        } onCancel: {
            take { $0.number == number ? .some(nil) : nil }
        }
    }

    /// Ends the waiting of those to whose wish there is an answer.
    package func tell(_ answer: (Wish) -> Answer?) {
        take { answer($0.wish).map(Optional.some) }
    }

    /// Resumes those for whom this gives something: an answer, or nil in its place.
    private func take(_ answer: (Waiter) -> Answer??) {
        state.withLock { state in
            state.waiting.removeAll { waiter in
                guard let answer = answer(waiter) else { return false }
                waiter.continuation.resume(returning: answer)
                return true
            }
        }
    }
}
