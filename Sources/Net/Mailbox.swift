import Synchronization

/// What other threads ask of a shard, in the order in which they asked.
final class Mailbox: Sendable {
    enum Item: Sendable {
        case job(UnownedJob)
        case work(@Sendable () -> Void)
    }

    /// What the one who put something in has to do about it.
    enum Duty {
        case nothing, wakeLoop, startLateThread
    }

    private enum Reader {
        case loop, nobody, lateThread
    }

    private struct State {
        var items: [Item] = []
        var reader = Reader.loop
    }

    private let state = Mutex(State())

    func put(_ item: Item) -> Duty {
        state.withLock { state in
            state.items.append(item)
            switch state.reader {
            case .loop: return state.items.count == 1 ? .wakeLoop : .nothing
            case .lateThread: return .nothing
            case .nobody:
                state.reader = .lateThread
                return .startLateThread
            }
        }
    }

    /// Exchanges what is in it for an empty array, whose memory it goes on to use.
    func take(into batch: inout [Item]) {
        state.withLock { swap(&$0.items, &batch) }
    }

    /// Ends the loop's time as reader; what is there or still comes is for a late thread.
    func loopEnds() -> Duty {
        state.withLock { state in
            state.reader = state.items.isEmpty ? .nobody : .lateThread
            return state.items.isEmpty ? .nothing : .startLateThread
        }
    }

    /// Whether the late thread may end: nothing came since its last batch.
    func lateThreadEnds() -> Bool {
        state.withLock { state in
            guard state.items.isEmpty else { return false }
            state.reader = .nobody
            return true
        }
    }
}
