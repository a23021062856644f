internal import MartletCore
internal import MartletXML

/// What a stream carries: stanzas, dialback, acknowledgements.
extension S2SIncomingMachine {
    mutating func readStanza(_ element: Element) -> [S2SAction] {
        guard isAuthorized else { return close(StreamError(.notAuthorized)) }
        do {
            return try authorizations.admit(element, language: language, facts)
        } catch {
            return close(error)
        }
    }

    /// XEP-0220 §2.2: a pair is claimed, or a key of ours is asked about.
    mutating func readDialback(_ element: Element) -> [S2SAction] {
        let request: DialbackElement?
        do {
            request = try DialbackElement(element)
        } catch {
            return close(error)
        }
        // We ask nothing on streams that others opened, so every answer is a forgery (XEP-0220 §3.1).
        guard let request, request.answer == nil else { return close(StreamError(.notAuthorized)) }
        guard request.kind == .result else {
            return [.write(secret.verdict(on: request, facts).bytes)]
        }
        let actions = dialback.claim(request, facts, &authorizations)
        return carryOut(withReverse(actions))
    }

    mutating func settle(
        _ question: DialbackQuestion,
        _ outcome: DialbackOutcome
    ) -> [S2SAction] {
        let actions = dialback.verified(question, outcome, facts, &authorizations)
        return carryOut(withReverse(actions))
    }

    /// XEP-0198 §3: only after a pair is authorised; the connection keeps the counts.
    mutating func readManagement(_ element: Element) -> [S2SAction] {
        let isRequest = ["enable", "resume"].contains(element.name)
        guard host?.offersStreamManagement == true, isRequest || isAuthorized else {
            return refuse()
        }
        guard isAuthorized else {
            return [.send(StreamManagement.failed(.unexpectedRequest))]
        }
        return [.manage(element)]
    }

    /// XEP-0288 §2.2: before anything is authorised, and not before TLS where TLS must be.
    mutating func readBidi(_ element: Element) -> [S2SAction] {
        guard element.name == "bidi", let host, host.offersBidi else { return refuse() }
        guard !isAuthorized, isEncrypted || host.trust(peer).tls == .optional else {
            return close(StreamError(.policyViolation))
        }
        isBidirectional = true
        return []
    }

    /// The way back of a pair, on a stream that goes both ways.
    ///
    /// Only of what the peer asked for by EXTERNAL or dialback; what a certificate was stretched to is
    /// not among it (XEP-0288 §2.2).
    func reversible(_ pair: DomainPair?) -> [S2SAction] {
        guard isBidirectional, let pair else { return [] }
        return [.reversible(pair.reversed)]
    }

    private func withReverse(_ actions: [S2SAction]) -> [S2SAction] {
        actions.flatMap { action -> [S2SAction] in
            guard case .authorized(let pair, _) = action else { return [action] }
            return [action] + reversible(pair)
        }
    }
}
