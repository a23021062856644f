import Logging
import MartletNet
import Synchronization

/// Lets through so many lines about strangers at once, then some a second: whoever can open connections
/// must not be able to fill the disk, nor to hide among its own lines what else goes on.
final class LogValve: Sendable {
    private struct State {
        var room: Double
        var last: ShardInstant?
        var leftOut = 0
    }

    private let burst: Double
    private let perSecond: Double
    private let state: Mutex<State>

    init(burst: Int = 50, perSecond: Int = 5) {
        self.burst = Double(burst)
        self.perSecond = Double(perSecond)
        state = Mutex(State(room: Double(burst)))
    }

    /// Whether a line may be written now: then how many were left out before it.
    func admit(at now: ShardInstant) -> Int? {
        state.withLock { state in
            // Shards read the clock one after the other, and ask in any order.
            let passed = max(.zero, state.last.map { $0.duration(to: now) } ?? .zero)
            state.last = max(state.last ?? now, now)
            state.room = min(burst, state.room + passed / .seconds(1) * perSecond)
            guard state.room >= 1 else {
                state.leftOut += 1
                return nil
            }
            defer { state.leftOut = 0 }
            state.room -= 1
            return state.leftOut
        }
    }

    /// Writes a line, unless there were too many.
    func log(
        _ level: Logger.Level,
        _ message: Logger.Message,
        _ metadata: Logger.Metadata,
        to log: Logger,
        at now: ShardInstant
    ) {
        guard let leftOut = admit(at: now) else { return }
        var metadata = metadata
        if leftOut > 0 { metadata["leftOut"] = "\(leftOut)" }
        log.log(level: level, message, metadata: metadata)
    }
}
