internal import MartletCore

/// Dialback as the receiving server sees it: who may send on this stream (XEP-0220 §2.2.1).
///
/// A domain that this stream's own certificate proves is not asked about (XEP-0344 §2.4).
struct DialbackReceiver: Sendable {
    private let limits: S2SPairLimits
    /// Questions that the authoritative servers have not answered.
    private var pending: [DomainPair: DialbackQuestion] = [:]
    private var failures = 0

    /// Longer texts are nobody's keys: digests have some dozens of digits.
    private static let keyByteLimit = 1_023

    init(limits: S2SPairLimits) {
        self.limits = limits
    }

    var pendingCount: Int { pending.count }

    /// The peer asks to be heard as a domain.
    mutating func claim(
        _ request: DialbackElement,
        _ facts: StreamFacts,
        _ pairs: inout AuthorizedPairs
    ) -> [S2SAction] {
        let pair = DomainPair(sender: request.from, target: request.to)
        guard let host = facts.host(pair.target) else { return fail(pair, .itemNotFound) }
        if let fault = refusal(of: pair, host, facts) { return fail(pair, fault) }
        if pairs.contains(pair) { return [Self.answer(pair, .valid)] }
        guard pending[pair] == nil else { return [] }
        guard pairs.count + pending.count < limits.pairsPerStream else {
            return fail(pair, .resourceConstraint)
        }
        if facts.proves(pair, to: host) { return authorize(pair, .certificate, &pairs) }
        guard host.trust(pair.sender).proof == .dialback else { return fail(pair, .notAuthorized) }
        guard 1...Self.keyByteLimit ~= request.key.utf8.count else {
            return fail(pair, .notAcceptable)
        }
        guard pending.count < limits.verifiesPerStream else {
            return fail(pair, .resourceConstraint)
        }
        let question = DialbackQuestion(pair: pair, streamID: facts.streamID, key: request.key)
        pending[pair] = question
        return [.verify(question)]
    }

    /// The authoritative server has spoken, or will not.
    mutating func verified(
        _ question: DialbackQuestion,
        _ outcome: DialbackOutcome,
        _ facts: StreamFacts,
        _ pairs: inout AuthorizedPairs
    ) -> [S2SAction] {
        let pair = question.pair
        guard pending[pair] == question else { return [] }
        pending[pair] = nil
        switch outcome {
        case .failed(let fault): return fail(pair, fault)
        case .invalid where pairs.isEmpty:
            // XEP-0220 §2.2.1: with nothing else to lose, the stream must end.
            return [Self.answer(pair, .invalid), .close(nil)]
        case .invalid: return fail(pair, .forbidden)
        case .valid:
            // Settings may have changed while the answer was on its way.
            guard let host = facts.host(pair.target) else { return fail(pair, .itemNotFound) }
            if let fault = refusal(of: pair, host, facts) { return fail(pair, fault) }
            guard host.trust(pair.sender).proof == .dialback else {
                return fail(pair, .notAuthorized)
            }
            guard !pairs.isFull else { return fail(pair, .resourceConstraint) }
            return authorize(pair, .dialback, &pairs)
        }
    }

    /// Answers that are still to come are for a stream that is no more.
    mutating func forget() {
        pending = [:]
    }

    /// Why a pair cannot be had whatever its key (XEP-0220 §2.5).
    private func refusal(
        of pair: DomainPair,
        _ host: S2SHost,
        _ facts: StreamFacts
    ) -> DialbackFault? {
        let trust = host.trust(pair.sender)
        guard trust.isAdmitted, !facts.isOurs(pair.sender) else { return .notAcceptable }
        return trust.tls == .required && !facts.isEncrypted ? .policyViolation : nil
    }

    private func authorize(
        _ pair: DomainPair,
        _ proof: PeerProof,
        _ pairs: inout AuthorizedPairs
    ) -> [S2SAction] {
        pairs.insert(pair, proof)
        return [Self.answer(pair, .valid), .authorized(pair, proof)]
    }

    /// Says why not; a peer that goes on and on is sent away.
    ///
    /// What there is no room for counts for nothing: the peer is to try it on another stream.
    private mutating func fail(_ pair: DomainPair, _ fault: DialbackFault) -> [S2SAction] {
        let answer = Self.answer(pair, .error(fault))
        guard fault != .resourceConstraint else { return [answer] }
        failures += 1
        guard failures >= limits.failuresPerStream else { return [answer] }
        return [answer, .close(StreamError(.policyViolation, "too many failed dialback requests"))]
    }

    private static func answer(_ pair: DomainPair, _ answer: DialbackElement.Answer) -> S2SAction {
        let element = DialbackElement(.result, from: pair.target, to: pair.sender, answer: answer)
        return .write(element.bytes)
    }
}
