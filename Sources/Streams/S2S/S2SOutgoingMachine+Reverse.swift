internal import MartletCore
internal import MartletXML

/// What the peer says once pairs are authorised, and over a bidirectional stream on its own account
/// (XEP-0288).
extension S2SOutgoingMachine {
    mutating func readIdentified(_ element: Element) -> [S2SAction] {
        // As the content namespace is read, whatever the stream's is.
        if element.isIn(Namespace.client) { return admit(element) }
        if element.isIn(Namespace.dialback) { return readDialback(element) }
        if isManaged, element.isIn(Namespace.streamManagement) { return [.manage(element)] }
        return violated(
            "<\(element.name)/> came out of turn",
            pairs.isEmpty ? .notAuthorized : .unsupportedStanzaType
        )
    }

    /// A stream has one direction unless both sides agreed on two.
    private mutating func admit(_ element: Element) -> [S2SAction] {
        guard isBidirectional, !inbound.isEmpty else {
            return violated("it sends stanzas where it may not", .notAuthorized)
        }
        do {
            let actions = try inbound.admit(element, language: language, facts)
            // That one more of ours may be written to says nothing of whom we may write as.
            return actions.filter { if case .authorized = $0 { false } else { true } }
        } catch {
            return fail(.protocolViolation("it sends stanzas that it may not send"), error)
        }
    }

    /// Asked for before the first pair: what is authorised from then on holds both ways (XEP-0288 §2.2).
    mutating func requestBidi() -> [S2SAction] {
        guard options.isBidirectional, offers.bidi, !isBidirectional, pairs.isEmpty,
            dialback.requested.isEmpty
        else { return [] }
        isBidirectional = true
        return [.send(Element("bidi", in: Namespace.bidi))]
    }

    /// The peer may answer on the same stream.
    ///
    /// That it is the server of the header's target is what the dialler found out, as an authority for
    /// dialback would have been; of another target its certificate must say so.
    mutating func admitReverse(of pair: DomainPair) {
        guard isBidirectional, let host = facts.host(pair.sender) else { return }
        let isProved = facts.proves(pair.reversed, to: host)
        guard isProved || pair.target == self.pair.target else { return }
        inbound.insert(pair.reversed, isProved ? .certificate : .dialback)
    }

    // MARK: Dialback

    /// An answer to what was asked; over a bidirectional stream also a request.
    mutating func readDialback(_ element: Element) -> [S2SAction] {
        do {
            guard let element = try DialbackElement(element) else { return [] }
            guard element.answer == nil else { return heard(element) }
            // Whoever is not authorised in one direction has nothing to ask in the other.
            guard isBidirectional, !pairs.isEmpty else {
                return violated("it asks where it is to answer", .notAuthorized)
            }
            return asked(element)
        } catch {
            return fail(.protocolViolation("its dialback is not understood"), error)
        }
    }

    /// The peer asks us, as it would on a stream of its own.
    private mutating func asked(_ request: DialbackElement) -> [S2SAction] {
        switch request.kind {
        case .verify: return [.write(secret.verdict(on: request, facts).bytes)]
        case .result: return reversed(receiver.claim(request, facts, &inbound))
        }
    }

    /// What became of a key that the peer sent; its authority was asked over another stream.
    mutating func verified(
        _ question: DialbackQuestion,
        _ outcome: DialbackOutcome
    ) -> [S2SAction] {
        reversed(receiver.verified(question, outcome, facts, &inbound))
    }

    /// Whom the peer proved to be may be written to as well (XEP-0288 §2.2); on this side, the end of a
    /// stream has a reason.
    private mutating func reversed(_ actions: [S2SAction]) -> [S2SAction] {
        actions.flatMap { action -> [S2SAction] in
            switch action {
            case .authorized(let pair, _): [.reversible(pair.reversed)]
            case .close(let error): fail(.protocolViolation("its dialback failed"), error)
            default: [action]
            }
        }
    }
}
