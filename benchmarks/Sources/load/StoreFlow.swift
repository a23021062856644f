import Dispatch
import Glibc
import MartletStorage
import Synchronization

/// Keeps so many calls under way: what the store answers is followed by the next from one thread, as
/// from a shard's.
final class StoreFlow: Sendable {
    typealias Done = @Sendable (StorageError?) -> Void
    typealias Call = @Sendable (_ store: any Store, _ number: Int, _ done: @escaping Done) -> Void

    private struct State {
        var answered = 0
        var failure: StorageError?
    }

    private let store: any Store
    private let call: Call
    /// The calls of a batch, and the batches under way.
    private let size: Int
    private let batches: Int
    private let state = Mutex(State())
    private let answers = DispatchSemaphore(value: 0)

    init(_ store: any Store, inFlight: Int, _ call: @escaping Call) {
        self.store = store
        self.call = call
        batches = min(inFlight, 2)
        size = inFlight / batches
    }

    /// How many calls were answered.
    var answered: Int { state.withLock(\.answered) }

    /// Calls until a moment, half of what may be under way at a time, and gives the seconds of CPU that
    /// calling took.
    func run(until end: Double) throws -> Double {
        var (sent, underWay, seconds) = (0, 0, 0.0)
        while ProcessMeter.wallSeconds() < end, state.withLock({ $0.failure == nil }) {
            if underWay == batches {
                answers.wait()
                underWay -= 1
            }
            let begin = Self.threadSeconds()
            for number in sent..<sent + size { call(store, number) { self.take($0) } }
            seconds += Self.threadSeconds() - begin
            sent += size
            underWay += 1
        }
        for _ in 0..<underWay { answers.wait() }
        if let failure = state.withLock({ $0.failure }) { throw failure }
        return seconds
    }

    private func take(_ failure: StorageError?) {
        let isBatch = state.withLock { state in
            state.answered += 1
            state.failure = state.failure ?? failure
            return state.answered.isMultiple(of: size)
        }
        if isBatch { answers.signal() }
    }

    private static func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
