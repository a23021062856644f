import MartletCore
import MartletCrypto
import MartletSASL
import MartletXML

/// SASL negotiation (RFC 6120 §6).
extension C2SMachine {
    mutating func readSASL(_ element: Element) -> [Action] {
        switch (element.name, state) {
        case ("auth", .negotiating): return begin(element)
        case ("response", .authenticating):
            guard let data = decode(element.text) else {
                return failAuthentication(.incorrectEncoding)
            }
            return authenticate(.response(data))
        case ("abort", .authenticating): return failAuthentication(.aborted)
        default: return failAuthentication(.malformedRequest)
        }
    }

    private mutating func begin(_ element: Element) -> [Action] {
        guard let host, let name = element.attribute("mechanism").map(SASLMechanismName.init(_:))
        else { return failAuthentication(.invalidMechanism) }
        guard host.admitsLogin(security) else { return failAuthentication(.encryptionRequired) }
        let text = element.text
        guard let initial = text.isEmpty ? .some(nil) : decode(text).map(Optional.some) else {
            return failAuthentication(.incorrectEncoding)
        }
        do {
            state = .authenticating(try host.offer(security).begin(name), name)
        } catch {
            return failAuthentication(error)
        }
        return authenticate(.initial(initial))
    }

    /// `=` stands for data that is there and empty (RFC 6120 §6.4.2).
    private func decode(_ text: String) -> [UInt8]? {
        text == "=" ? [] : Base64.decode(text)
    }

    mutating func authenticate(_ event: SASLServerEvent) -> [Action] {
        guard case .authenticating(var mechanism, let name) = state else { return [] }
        // Held once, so that the step changes it where it stands and copies nothing.
        state = .negotiating
        let action = mechanism.step(event)
        state = .authenticating(mechanism, name)
        switch action {
        case .challenge(let data): return [.send(sasl("challenge", data))]
        case .lookup(let username):
            guard let account = claim(username) else { return failAuthentication(.notAuthorized) }
            return [.lookUp(account, name)]
        case .verifyPassword(let username, let password):
            guard let account = claim(username) else { return failAuthentication(.notAuthorized) }
            return [.verify(account, password: password)]
        case .success(let identity, let data): return succeed(identity.jid, data)
        case .failure(let failure): return failAuthentication(failure)
        }
    }

    /// Remembers whose login this is, for those who count failures.
    private mutating func claim(_ username: String) -> JID? {
        claimant = host.flatMap { try? JID(username, $0.domain.domainpart) }
        return claimant
    }

    private mutating func succeed(_ account: JID, _ data: [UInt8]?) -> [Action] {
        self.account = account
        state = .opening
        // The stream after it is a new one (RFC 6120 §6.4.6): an error must open it first.
        hasSentHeader = false
        return [.send(sasl("success", data)), .authenticated(account), .restart]
    }

    mutating func failAuthentication(_ failure: SASLFailure) -> [Action] {
        defer { claimant = nil }
        state = .negotiating
        failedAttempts += 1
        let told: [Action] = [.failed(claimant), .send(failure.element)]
        guard failedAttempts >= Self.attemptLimit else { return told }
        return told + close(StreamError(.policyViolation, "too many failed attempts to log in"))
    }

    private func sasl(_ name: String, _ data: [UInt8]?) -> Element {
        Element(name, in: Namespace.sasl) { element in
            if let data { element.text(data.isEmpty ? "=" : Base64.encode(data)) }
        }
    }
}

extension SASLFailure {
    /// Reads a `<failure/>`; an unknown condition is `not-authorized`.
    init(_ element: Element) {
        var failure = SASLFailure(.notAuthorized)
        for child in element.children where child.isIn(Namespace.sasl) {
            if child.name == "text" {
                failure.text = child.text
            } else if let condition = Condition(rawValue: child.name) {
                failure.condition = condition
            }
        }
        self = failure
    }

    var element: Element {
        Element("failure", in: Namespace.sasl) { failure in
            failure.element(condition.rawValue, in: Namespace.sasl)
            if let text {
                failure.element("text", in: Namespace.sasl) { $0.text(text) }
            }
        }
    }
}
