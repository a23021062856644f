import MartletCore
import MartletNet
import MartletStreams

/// What comes by itself, and when.
extension PeerRoute {
    mutating func passTime(_ now: ShardInstant) {
        switch state {
        case .resting(let until, _) where until <= now: state = .idle
        case .pausing(let until) where until <= now:
            state = .idle
            seek(now)
        case .seeking(let leg) where leg.until <= now: giveUp(leg.attempt, .timedOut, now)
        default: break
        }
        if let leg = asking, !leg.isFeatured, leg.until <= now {
            giveUp(leg.attempt, .timedOut, now)
        }
        if !questions.isEmpty { expireQuestions(now) }
        if !fences.isEmpty { passFences { $0.until <= now } }
    }

    /// Asks a stream that was not written to for so long whether it has no other use.
    mutating func inspect(_ now: ShardInstant) {
        guard case .open(let link, _, _) = state,
            lastUsed.advanced(by: limits.idleTime) <= now
        else { return }
        actions.append(.inspect(link))
    }

    /// When something comes by itself next; a rest ends without anybody's doing.
    var nextWake: ShardInstant? {
        var next: ShardInstant?
        func note(_ time: ShardInstant) { next = next.map { min($0, time) } ?? time }
        switch state {
        case .seeking(let leg): note(leg.until)
        case .pausing(let until): note(until)
        case .open: note(lastUsed.advanced(by: limits.idleTime))
        case .idle, .borrowed, .closing, .resting: break
        }
        if let asking, !asking.isFeatured { note(asking.until) }
        for question in questions { note(question.until) }
        if let fence = fences.first { note(fence.until) }
        return next
    }

    /// Whether nothing would be lost by forgetting it but how often it failed.
    var isVacant: Bool {
        guard queue.isEmpty, questions.isEmpty, asking == nil, fences.isEmpty else { return false }
        switch state {
        case .idle, .resting: return true
        case .seeking, .open, .borrowed, .closing, .pausing: return false
        }
    }

    /// Whether it need not be remembered any more: nothing is known of the peer, or long ago.
    func isForgettable(at now: ShardInstant) -> Bool {
        guard isVacant else { return false }
        if case .resting(let until, _) = state, until > now { return false }
        return failures == 0 || lastUsed.duration(to: now) >= Self.memoryTime
    }

    /// How long failures are remembered.
    static let memoryTime = Duration.seconds(3600)

    /// The attempt that is under way for stanzas, or that for questions.
    var attemptsUnderWay: Int {
        if case .seeking = state { return asking == nil ? 1 : 2 }
        return asking == nil ? 0 : 1
    }
}
