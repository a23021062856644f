internal import MartletPostgreSQL
internal import Synchronization

/// Tells an operator what the database refuses, once for each kind in a while, and when that is over.
///
/// That it is away, or back, the pools tell.
final class FailureLog: Sendable {
    private struct State {
        /// When each kind was told.
        var told: [String: ContinuousClock.Instant] = [:]
        var isFailing = false
    }

    /// What is done: "writing", "reading".
    private let doing: String
    private let log: @Sendable (String) -> Void
    private let state = Mutex(State())
    /// How long a kind that was told is not told again.
    private static let rest = Duration.seconds(60)

    init(_ doing: String, log: @escaping @Sendable (String) -> Void) {
        self.doing = doing
        self.log = log
    }

    func note(_ failure: GroupFailure, at now: ContinuousClock.Instant = .now) {
        guard let kind = failure.kind else { return }
        let isNews = state.withLock { (state) -> Bool in
            if let told = state.told[kind], told.duration(to: now) < Self.rest { return false }
            state.told[kind] = now
            state.isFailing = true
            return true
        }
        if isNews { log("\(doing) in the database fails: \(failure.told)") }
    }

    func noteSuccess() {
        let isNews = state.withLock { (state) -> Bool in
            defer { state.isFailing = false }
            return state.isFailing
        }
        if isNews { log("\(doing) in the database goes well again") }
    }
}

extension GroupFailure {
    /// What an operator has to look after, in few different words; nil where the pools tell, or a caller asked
    /// for what cannot be.
    fileprivate var kind: String? {
        switch self {
        case .database(.server(let failure)), .full(.server(let failure)):
            ["22", "23"].contains(failure.sqlState.prefix(2)) ? nil : failure.sqlState
        case .damaged: "damaged"
        case .database, .away, .full: nil
        }
    }
}
