internal import MartletCore
internal import MartletCrypto
internal import MartletSASL
internal import MartletXML

/// EXTERNAL between servers: the certificate proves who opened the stream (RFC 6120 §6, XEP-0178 §3).
extension S2SIncomingMachine {
    mutating func readSASL(_ element: Element) -> [S2SAction] {
        // Once one of its domains is proved, a peer adds others by dialback.
        guard !isAuthorized else { return close(StreamError(.policyViolation)) }
        switch (element.name, state) {
        case ("auth", .negotiating): return begin(element)
        case ("response", .authenticating):
            guard let data = decode(element.text) else { return fail(.incorrectEncoding) }
            return authenticate(.response(data))
        case ("abort", .authenticating): return fail(.aborted)
        default: return fail(.malformedRequest)
        }
    }

    private mutating func begin(_ element: Element) -> [S2SAction] {
        guard let host, element.attribute("mechanism") == SASLMechanismName.external.rawValue else {
            return fail(.invalidMechanism)
        }
        guard isEncrypted || host.trust(peer).tls == .optional else {
            return fail(.encryptionRequired)
        }
        let text = element.text
        guard let initial = text.isEmpty ? .some(nil) : decode(text).map(Optional.some) else {
            return fail(.incorrectEncoding)
        }
        // Without a name in its header, or with one that is not in its certificate, it is nobody.
        let pair = peer.map { DomainPair(sender: $0, target: host.domain) }
        let identities = [pair].compactMap(\.self).filter { facts.proves($0, to: host) }
        state = .authenticating(ExternalServer(identities: identities.map(\.sender)))
        return authenticate(.initial(initial))
    }

    /// `=` stands for data that is there and empty (RFC 6120 §6.4.2).
    private func decode(_ text: String) -> [UInt8]? {
        text == "=" ? [] : Base64.decode(text)
    }

    private mutating func authenticate(_ event: SASLServerEvent) -> [S2SAction] {
        guard case .authenticating(var mechanism) = state else { return [] }
        let action = mechanism.step(event)
        state = .authenticating(mechanism)
        switch action {
        case .challenge: return [.send(Element("challenge", in: Namespace.sasl))]
        case .success(let identity, _): return succeed(identity.jid)
        case .failure(let failure): return fail(failure)
        case .lookup, .verifyPassword: return fail(.temporaryAuthFailure)
        }
    }

    private mutating func succeed(_ sender: JID) -> [S2SAction] {
        guard let host else { return fail(.temporaryAuthFailure) }
        let pair = DomainPair(sender: sender, target: host.domain)
        proved = pair
        authorizations.insert(pair, .certificate)
        // The stream after it is a new one (RFC 6120 §6.4.6): nothing is written before its header.
        dialback.forget()
        state = .opening
        hasSentHeader = false
        return [
            .send(Element("success", in: Namespace.sasl)), .authorized(pair, .certificate),
            .restart,
        ]
    }

    private mutating func fail(_ failure: SASLFailure) -> [S2SAction] {
        state = .negotiating
        failedAttempts += 1
        let told: [S2SAction] = [.send(failure.element)]
        guard failedAttempts >= Self.attemptLimit else { return told }
        return told + close(StreamError(.policyViolation, "too many failed attempts to log in"))
    }
}
