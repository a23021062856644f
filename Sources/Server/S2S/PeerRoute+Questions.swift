import MartletCore
import MartletNet
import MartletStreams

/// A dialback question that waits for the peer's word.
struct PeerQuestion {
    let question: DialbackQuestion
    /// The stream on which the key came: the last to be asked about itself.
    let over: ObjectIdentifier
    let reply: @Sendable (DialbackOutcome) -> Void
    let until: ShardInstant
    /// The number of the attempt whose stream it goes over.
    var carrier: UInt64?
    var isAsked = false
    /// A stream that was open died with it: it goes over a new one.
    var isSecondTry = false
}

/// Questions: over the pair's own stream, or over one beside which ends after its last answer
/// (XEP-0220 §2.1.2).
extension PeerRoute {
    mutating func ask(
        _ question: DialbackQuestion,
        _ over: ObjectIdentifier,
        _ reply: @escaping @Sendable (DialbackOutcome) -> Void,
        _ now: ShardInstant
    ) {
        if let barred {
            return actions.append(.reply(reply, .failed(barred.dialbackFault)))
        }
        if let unanswered, unanswered.until > now, !hasWay {
            return actions.append(.reply(reply, .failed(unanswered.fault.dialbackFault)))
        }
        guard rules.budget.beginQuestion(within: limits.verifiesUnderWay) else {
            return actions.append(.reply(reply, .failed(.resourceConstraint)))
        }
        questions.append(
            PeerQuestion(
                question: question,
                over: over,
                reply: reply,
                until: now.advanced(by: limits.verifyTime)
            )
        )
    }

    /// Whether there is a stream to the peer, or will soon be.
    private var hasWay: Bool {
        switch state {
        case .seeking, .open: true
        case .idle, .borrowed, .closing, .pausing, .resting: asking != nil
        }
    }

    mutating func answer(_ question: DialbackQuestion, _ outcome: DialbackOutcome) {
        endQuestions(outcome) { $0.question == question && $0.isAsked }
    }

    private mutating func endQuestions(
        _ outcome: DialbackOutcome,
        where isOver: (PeerQuestion) -> Bool
    ) {
        for question in questions where isOver(question) {
            actions.append(.reply(question.reply, outcome))
            rules.budget.endQuestion()
        }
        questions.removeAll(where: isOver)
        if questions.isEmpty { questions = [] }
    }

    mutating func failQuestions(on carrier: UInt64, _ fault: S2SFault) {
        endQuestions(.failed(fault.dialbackFault)) { $0.carrier == carrier }
    }

    mutating func failQuestions(_ fault: S2SFault) {
        endQuestions(.failed(fault.dialbackFault)) { _ in true }
    }

    mutating func expireQuestions(_ now: ShardInstant) {
        endQuestions(.failed(.remoteServerTimeout)) { $0.until <= now }
    }

    /// The same attempt goes on at another place.
    mutating func retryQuestions(on carrier: UInt64) {
        for index in questions.indices where questions[index].carrier == carrier {
            questions[index].isAsked = false
        }
    }

    /// A stream that had been open is gone: perhaps it was the peer's former life.
    mutating func moveQuestions(from carrier: UInt64) {
        for index in questions.indices where questions[index].carrier == carrier {
            questions[index].isAsked = false
            questions[index].isSecondTry = true
        }
    }

    // MARK: The way

    /// Asks what can be asked, and ends a stream that nobody asks on any more.
    mutating func settleQuestions(_ now: ShardInstant) {
        guard !questions.isEmpty || asking != nil else { return }
        for index in questions.indices where !questions[index].isAsked {
            let (number, link) = carrier(of: questions[index], now)
            questions[index].carrier = number
            guard let link else { continue }
            questions[index].isAsked = true
            actions.append(.ask(link, questions[index].question))
        }
        guard let leg = asking, !questions.contains(where: { $0.carrier == leg.attempt }) else {
            return
        }
        asking = nil
        end(leg)
    }

    /// Where a question goes: never over the stream of the claim (XEP-0288 §2.2), nor a borrowed one.
    ///
    /// - Returns: an attempt's number, and its stream if it can be asked there now.
    private mutating func carrier(
        of question: PeerQuestion,
        _ now: ShardInstant
    ) -> (UInt64, (any PeerLink)?) {
        switch state {
        case .seeking(let leg) where !question.came(over: leg.link):
            return (leg.attempt, leg.isFeatured ? leg.link : nil)
        case .open(let link, _, let number)
        where !question.came(over: link) && !question.isSecondTry && !isHeld:
            return (number, link)
        default: break
        }
        if let asking { return (asking.attempt, asking.isFeatured ? asking.link : nil) }
        let leg = Leg(attempt: nextAttempt(), until: now.advanced(by: limits.attemptTime))
        asking = leg
        actions.append(.dial(leg.attempt, isFresh: true))
        return (leg.attempt, nil)
    }
}

extension PeerQuestion {
    fileprivate func came(over link: (any PeerLink)?) -> Bool {
        link.map { ObjectIdentifier($0) == over } ?? false
    }
}
