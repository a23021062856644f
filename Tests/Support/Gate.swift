import Synchronization

/// Lets so many pass at a time: a machine that runs all servers at once keeps none of their times.
package final class Gate: Sendable {
    private struct State {
        var places: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    package init(places: Int) {
        state = Mutex(State(places: places))
    }

    package func pass<R>(_ body: () async throws -> R) async rethrows -> R {
        await enter()
        defer { leave() }
        return try await body()
    }

    private func enter() async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                if state.places > 0 {
                    state.places -= 1
                    continuation.resume()
                } else {
                    state.waiting.append(continuation)
                }
            }
        }
    }

    private func leave() {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.places += 1
            } else {
                state.waiting.removeFirst().resume()
            }
        }
    }
}
