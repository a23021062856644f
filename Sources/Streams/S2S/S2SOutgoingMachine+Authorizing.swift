internal import MartletCore
internal import MartletCrypto
internal import MartletSASL
internal import MartletXML

/// How pairs are authorised: by our certificate, or by dialback (XEP-0178 §3, XEP-0220 §2.1.1).
extension S2SOutgoingMachine {
    mutating func want(_ pair: DomainPair) -> [S2SAction] {
        if let proof = pairs[pair] { return [.authorized(pair, proof)] }
        guard !waiting.contains(pair), !dialback.requested.contains(pair) else { return [] }
        let count = pairs.count + dialback.requested.count + waiting.count
        guard count < limits.pairsPerStream else { return [.refused(pair, .overloaded)] }
        waiting.append(pair)
        return advance()
    }

    /// Goes on with the pairs that wait, as far as the stream stands there.
    mutating func advance() -> [S2SAction] {
        guard case .identified = state, !waiting.isEmpty else { return [] }
        let bidi = requestBidi()
        if let auth = beginExternal() { return bidi + auth }
        let wanted = waiting
        waiting = []
        return bidi + wanted.flatMap { request($0) }
    }

    /// SASL begins a new stream, so that it is done before anything else was authorised, and it speaks
    /// for the header's pair alone.
    private mutating func beginExternal() -> [S2SAction]? {
        guard external == .untried, isEncrypted, hasCertificate, offers.external,
            waiting.contains(pair), trust.isAdmitted, pairs.isEmpty, dialback.requested.isEmpty
        else { return nil }
        external = .underWay
        state = .authenticating
        let identity = Array(pair.sender.domainpart.utf8)
        let auth = Element("auth", in: Namespace.sasl, ["mechanism": "EXTERNAL"]) {
            $0.text(Base64.encode(identity))
        }
        return [.send(auth)]
    }

    /// SASL is under way: its outcome, or answers to what was asked before (RFC 6120 §6.4).
    mutating func authenticate(_ element: Element) -> [S2SAction] {
        if element.isIn(Namespace.dialback) { return readDialback(element) }
        guard element.isIn(Namespace.sasl) else {
            return violated("<\(element.name)/> came in the middle of SASL", .notAuthorized)
        }
        switch element.name {
        case "success":
            guard element.text.isEmpty || element.text == "=" else {
                return violated("EXTERNAL ends without data", .policyViolation)
            }
            return [.restart] + open()
        case "failure":
            let condition = SASLFailure(element).condition
            external = .refused(condition)
            guard canDialBack else { return fail(.saslRefused(condition)) }
            state = .identified
            return featured() + advance()
        default: return violated("EXTERNAL has no <\(element.name)/>", .policyViolation)
        }
    }

    // MARK: Dialback

    /// The stream's id is part of every key.
    private var canDialBack: Bool {
        !streamID.isEmpty && (offers.dialback || declaresDialback)
    }

    private mutating func request(_ pair: DomainPair) -> [S2SAction] {
        if let fault = objection(to: pair) { return [.refused(pair, fault)] }
        return dialback.request(pair, streamID: streamID)
    }

    /// Why a pair may not be requested on this stream, if it may not.
    private func objection(to pair: DomainPair) -> S2SFault? {
        guard let trust = trust(for: pair), trust.isAdmitted else { return .notAdmitted }
        if trust.tls == .required, !isEncrypted { return .tlsNotOffered }
        if trust.proof == .certificate, !facts.identity.proves(pair.target, pins: trust.pins) {
            return unproved(pair.target)
        }
        if dialback.isSpoiled { return .dialbackInvalid }
        // A peer that knows no dialback errors would end the stream over a target that it has not.
        let isTargetKnown = pair.target == self.pair.target || offers.dialbackErrors
        return canDialBack && isTargetKnown ? nil : .noWayToAuthenticate
    }

    /// Why the peer is not known to be the domain's server.
    func unproved(_ domain: JID) -> S2SFault {
        guard isEncrypted else { return .notProved("it has no TLS, and so shows no certificate") }
        return .notProved(facts.identity.explanation(for: domain))
    }

    private func trust(for pair: DomainPair) -> PeerTrust? {
        pair == self.pair ? trust : facts.host(pair.sender)?.trust(pair.target)
    }

    /// Takes an answer to a key or a question of ours; what nobody asked for ends the stream
    /// (XEP-0220 §3.1).
    mutating func heard(_ element: DialbackElement) -> [S2SAction] {
        switch dialback.take(element) {
        case .authorized(let pair): return authorize(pair, .dialback)
        case .answered(let question, let outcome): return [.answered(question, outcome)]
        case .refused(let pair, let fault):
            let refused = [S2SAction.refused(pair, fault)]
            // After `invalid`, nothing more is sent for the others either (XEP-0220 §2.1.1).
            guard dialback.isSpoiled, !pairs.isEmpty else { return refused }
            return refused + fail(fault)
        case .unsolicited:
            return violated("it answers what was not asked", .notAuthorized)
        }
    }

    // MARK: Both

    /// Stanzas of the pair may flow; from the first on, they are acknowledged where the peer offers that.
    mutating func authorize(_ pair: DomainPair, _ proof: PeerProof) -> [S2SAction] {
        pairs[pair] = proof
        admitReverse(of: pair)
        return manage() + [.authorized(pair, proof)]
    }

    private mutating func manage() -> [S2SAction] {
        guard options.isManaged, offers.streamManagement, !isManaged else { return [] }
        isManaged = true
        return [.send(Element("enable", in: Namespace.streamManagement))]
    }
}
