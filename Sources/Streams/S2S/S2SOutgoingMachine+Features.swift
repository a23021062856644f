internal import MartletCore
internal import MartletXML

/// What the peer offers, and what is made of it (RFC 6120 §4.3.2).
extension S2SOutgoingMachine {
    /// The features of the stream as it is now.
    mutating func take(_ element: Element) -> [S2SAction] {
        guard let offers = S2SOffers(element) else {
            return violated("<\(element.name)/> came instead of its features", .policyViolation)
        }
        // Only now, since a peer that does not know the domain may say so under another's name.
        guard !isFromAnother else {
            return violated("its stream is not from \(pair.target)", .invalidFrom)
        }
        if !isEncrypted, let actions = secure(offers) { return actions }
        self.offers = offers.following(self.offers)
        state = .identified
        if external == .underWay {
            external = .succeeded
            waiting.removeAll { $0 == pair }
            return featured() + authorize(pair, .certificate) + advance()
        }
        return featured() + advance()
    }

    /// TLS is taken where it is offered, and missed only where it is required (RFC 6120 §5.3.1,
    /// RFC 7590 §3.1).
    private mutating func secure(_ offers: S2SOffers) -> [S2SAction]? {
        guard !offers.startTLS else {
            state = .awaitingProceed
            return [.send(Element("starttls", in: Namespace.tls))]
        }
        guard trust.tls != .required else {
            return fail(.tlsNotOffered, StreamError(.policyViolation, "TLS is required here"))
        }
        guard trust.proof != .certificate else {
            return fail(unproved(pair.target))
        }
        return nil
    }

    /// Questions that waited are asked at once; the first time, it is said that more may come.
    mutating func featured() -> [S2SAction] {
        var actions: [S2SAction] = isFeatured ? [] : [.featured]
        isFeatured = true
        for question in questions { actions += dialback.ask(question) }
        questions = []
        return actions
    }

    mutating func ask(_ question: DialbackQuestion) -> [S2SAction] {
        if case .identified = state { return dialback.ask(question) }
        guard !questions.contains(question) else { return [] }
        guard questions.count < DialbackInitiator.questionLimit else {
            return [.answered(question, .failed(.resourceConstraint))]
        }
        questions.append(question)
        return []
    }
}
