import Logging
import Synchronization

/// Says once that nobody knows who may log in, and once that somebody knows again.
///
/// Clients that are told to wait come back, all of them, and again: a line for each would bury the rest.
final class LookUpLog: Sendable {
    private struct State {
        /// Logins that were put off since they were last possible.
        var count = 0
        /// When it was told last, and whether that is to be taken back.
        var told: ContinuousClock.Instant?
        var isTold = false
    }

    private let log: Logger
    private let state = Mutex(State())
    /// Whether a success is news: asked at each login.
    private let isFailing = Atomic(false)
    /// How long it is not told again, should it come and go.
    private static let rest = Duration.seconds(60)

    init(_ log: Logger) { self.log = log }

    func noteFailure(_ error: any Error, at now: ContinuousClock.Instant = .now) {
        let isNews = state.withLock { (state) -> Bool in
            state.count += 1
            isFailing.store(true, ordering: .relaxed)
            if state.isTold { return false }
            if let told = state.told, told.duration(to: now) < Self.rest { return false }
            state.told = now
            state.isTold = true
            return true
        }
        guard isNews else { return }
        log.error("nobody knows who may log in", metadata: ["error": "\(error)"])
    }

    func noteSuccess() {
        guard isFailing.load(ordering: .relaxed) else { return }
        let count = state.withLock { (state) -> Int? in
            isFailing.store(false, ordering: .relaxed)
            defer { (state.count, state.isTold) = (0, false) }
            return state.isTold ? state.count : nil
        }
        guard let count else { return }
        log.notice("it is known again who may log in", metadata: ["refused": "\(count)"])
    }
}
