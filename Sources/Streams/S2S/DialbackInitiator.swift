internal import MartletCore

/// Dialback as the side that asks: it sends keys for pairs of ours, and asks the authoritative server
/// about the keys that others sent (XEP-0220 §2.1).
///
/// What comes as an answer counts only if it was asked for on this stream (XEP-0220 §3.1).
struct DialbackInitiator: Sendable {
    /// What an answer came to.
    enum Answer: Hashable, Sendable {
        /// Stanzas of the pair may flow.
        case authorized(DomainPair)
        case refused(DomainPair, S2SFault)
        case answered(DialbackQuestion, DialbackOutcome)
        /// Nobody asked for it.
        case unsolicited
    }

    /// Questions that may wait on one stream for an authority that does not answer.
    static let questionLimit = 256

    private let secret: DialbackSecret
    /// Pairs whose key was sent, and which are neither authorised nor refused.
    private(set) var requested: Set<DomainPair> = []
    /// In the order in which they were asked.
    private var questions: [DialbackQuestion] = []
    /// Whether a key of ours was called invalid: nothing more is wanted of the stream (XEP-0220 §2.1.1).
    private(set) var isSpoiled = false

    init(_ secret: DialbackSecret) {
        self.secret = secret
    }

    /// Sends the key of a pair, on the stream to which the peer gave that id.
    mutating func request(_ pair: DomainPair, streamID: String) -> [S2SAction] {
        guard requested.insert(pair).inserted else { return [] }
        let key = secret.key(
            receiving: pair.target,
            originating: pair.sender,
            streamID: streamID
        )
        let request = DialbackElement(.result, from: pair.sender, to: pair.target, key: key)
        return [.write(request.bytes)]
    }

    /// Asks whether the peer made a key: it is the authority of the question's sender.
    mutating func ask(_ question: DialbackQuestion) -> [S2SAction] {
        let open = questions.first { $0.pair == question.pair && $0.streamID == question.streamID }
        if let open {
            // Pair and id are all that an answer says: those to two keys could not be told apart.
            return open == question ? [] : [.answered(question, .failed(.resourceConstraint))]
        }
        guard questions.count < Self.questionLimit else {
            return [.answered(question, .failed(.resourceConstraint))]
        }
        questions.append(question)
        let request = DialbackElement(
            .verify,
            from: question.pair.target,
            to: question.pair.sender,
            id: question.streamID,
            key: question.key
        )
        return [.write(request.bytes)]
    }

    /// Takes an answer; a request is none.
    mutating func take(_ element: DialbackElement) -> Answer {
        guard let answer = element.answer else { return .unsolicited }
        switch element.kind {
        case .result: return take(answer, for: DomainPair(sender: element.to, target: element.from))
        case .verify:
            let pair = DomainPair(sender: element.from, target: element.to)
            let index = questions.firstIndex { $0.pair == pair && $0.streamID == element.id }
            guard let index else { return .unsolicited }
            let question = questions.remove(at: index)
            return .answered(question, outcome(answer))
        }
    }

    private mutating func take(_ answer: DialbackElement.Answer, for pair: DomainPair) -> Answer {
        guard requested.remove(pair) != nil else { return .unsolicited }
        switch answer {
        case .valid: return .authorized(pair)
        case .invalid:
            isSpoiled = true
            return .refused(pair, .dialbackInvalid)
        case .error(let fault): return .refused(pair, .dialback(fault))
        }
    }

    /// An authority that has an error to tell, whichever, is none that was found (XEP-0220 §2.5).
    private func outcome(_ answer: DialbackElement.Answer) -> DialbackOutcome {
        switch answer {
        case .valid: .valid
        case .invalid: .invalid
        case .error: .failed(.remoteServerNotFound)
        }
    }

    /// The stream ends: what is open stays without an answer (XEP-0220 §2.1.2).
    mutating func end(_ fault: DialbackFault) -> [S2SAction] {
        defer { (questions, requested) = ([], []) }
        return questions.map { .answered($0, .failed(fault)) }
    }
}
