internal import MartletCore
internal import MartletXML

/// What a stream may say: who was proved on it, to whom (RFC 6120 §8.1.1.2, §8.1.2.2).
///
/// Nothing that stands in a stanza adds to it.
struct AuthorizedPairs: Sendable {
    private(set) var proofs: [DomainPair: PeerProof] = [:]
    private let limit: Int
    /// The pair of the stanza before: most have the same.
    private var recent: DomainPair?

    init(limit: Int) {
        self.limit = limit
    }

    var isEmpty: Bool { proofs.isEmpty }
    var count: Int { proofs.count }
    var isFull: Bool { proofs.count >= limit }

    func contains(_ pair: DomainPair) -> Bool { proofs[pair] != nil }

    /// A pair that was proved twice keeps the better proof.
    mutating func insert(_ pair: DomainPair, _ proof: PeerProof) {
        guard proofs[pair] != .certificate else { return }
        proofs[pair] = proof
    }

    mutating func removeAll() {
        proofs = [:]
        recent = nil
    }

    /// Takes a child of the stream that is a stanza, or should be.
    ///
    /// - Returns: the stanza, or the error that answers it, or nothing where it may not be answered;
    ///   before it a pair that was authorised with it.
    mutating func admit(
        _ element: Element,
        language: String?,
        _ facts: StreamFacts
    ) throws(StreamError) -> [S2SAction] {
        let stanza: Stanza
        do {
            stanza = try Stanza(element, language: language)
        } catch {
            return try refuse(element, error, facts)
        }
        guard let from = stanza.from, let to = stanza.to else {
            throw StreamError(.improperAddressing)
        }
        let authorized = try authorize(from, to, facts)
        return authorized.isEmpty ? [.stanza(stanza)] : authorized + [.stanza(stanza)]
    }

    /// Takes what comes from a peer that we have said goodbye to, and which has not heard it yet: its
    /// stanzas are on their way, and nobody would ever tell it that they were not read (RFC 6120 §4.4).
    ///
    /// - Returns: nil when that was its last word.
    mutating func hearOut(
        _ event: S2SEvent,
        language: String?,
        _ facts: StreamFacts
    ) -> [S2SAction]? {
        switch event {
        case .closed, .opened: return nil
        case .element(let element) where element.isIn(Namespace.client):
            return try? admit(element, language: language, facts)
        case .element(let element):
            return element.isNamed("error", in: Namespace.streams) ? nil : []
        default: return []
        }
    }

    /// What becomes of one that cannot be routed: its addresses come first, whatever else is wrong.
    private mutating func refuse(
        _ element: Element,
        _ fault: StanzaFault,
        _ facts: StreamFacts
    ) throws(StreamError) -> [S2SAction] {
        if case .unsupported = fault { throw StreamError(.unsupportedStanzaType) }
        guard let from = Self.address(element.attribute("from")),
            let to = Self.address(element.attribute("to"))
        else { throw StreamError(.improperAddressing) }
        let authorized = try authorize(from, to, facts)
        guard case .refused(let error) = fault, element.attribute("type") != "error",
            let answer = Stanza.refusal(of: element, error, from: to)
        else { return authorized }
        return authorized + [.answer(answer.addressed(to: from, from: to))]
    }

    private static func address(_ text: String?) -> JID? { text.flatMap { try? JID($0) } }

    private mutating func authorize(
        _ from: JID,
        _ to: JID,
        _ facts: StreamFacts
    ) throws(StreamError) -> [S2SAction] {
        if let recent, recent.sender.hasSameDomain(as: from), recent.target.hasSameDomain(as: to) {
            return []
        }
        let pair = DomainPair(sender: from, target: to)
        let isKnown = contains(pair)
        if !isKnown { try extend(to: pair, facts) }
        recent = pair
        return isKnown ? [] : [.authorized(pair, .certificate)]
    }

    /// A certificate proves the sender whatever the target; a dialback key is for one pair alone.
    private mutating func extend(to pair: DomainPair, _ facts: StreamFacts) throws(StreamError) {
        guard let host = facts.host(pair.target) else { throw StreamError(.hostUnknown) }
        let known = proofs.filter { $0.key.sender == pair.sender }
        guard !known.isEmpty else { throw StreamError(.invalidFrom) }
        guard known.values.contains(.certificate) else { throw StreamError(.improperAddressing) }
        guard host.trust(pair.sender).isAdmitted, facts.proves(pair, to: host) else {
            throw StreamError(.policyViolation)
        }
        guard !isFull else { throw StreamError(.resourceConstraint) }
        proofs[pair] = .certificate
    }
}
