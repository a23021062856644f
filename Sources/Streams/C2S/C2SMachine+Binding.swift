import MartletCore
import MartletXML

/// Resource binding (RFC 6120 §7), and what a bound stream carries.
extension C2SMachine {
    mutating func readBeforeBinding(_ element: Element) -> [Action] {
        if element.isNamed("resume", in: Namespace.streamManagement) { return [.manage(element)] }
        if element.namespace == Namespace.streamManagement { return [.manage(element)] }
        guard element.isNamed("iq", in: Namespace.client), let account,
            let bind = element.child("bind", in: Namespace.bind)
        else { return consult(element) }
        let id = element.attribute("id")
        guard id != nil, element.attribute("type") == "set" else {
            return [.send(refusal(of: element, .badRequest))]
        }
        let resource = bind.child("resource", in: Namespace.bind)?.text
        state = .binding(id: id)
        return [.bind(account, resource: resource?.isEmpty == true ? nil : resource)]
    }

    mutating func confirmBinding(of jid: JID) -> [Action] {
        if case .loggingIn(_, let answers) = state {
            state = .bound
            return answers.map { .send($0) }
        }
        guard case .binding(let id) = state else { return [] }
        state = .bound
        let result = Element("iq", ["type": "result", "id": id]) { iq in
            iq.element("bind", in: Namespace.bind) { bind in
                bind.element("jid", in: Namespace.bind) { $0.text(jid.description) }
            }
        }
        return [.send(result)]
    }

    /// The client may try again with another resource (RFC 6120 §7.7.2).
    mutating func refuseBinding(_ error: StanzaError) -> [Action] {
        if case .loggingIn(let request, _) = state {
            account = nil
            state = .negotiating
            return [.send(loginRefusal(of: request, error))]
        }
        guard case .binding(let id) = state else { return [] }
        state = .authenticated
        let answer = Element("iq", ["type": "error", "id": id]) { $0.append(error.element()) }
        return [.send(answer)]
    }

    mutating func readBound(_ element: Element) -> [Action] {
        switch element.namespace {
        case Namespace.client:
            if element.child("bind", in: Namespace.bind) != nil, element.name == "iq" {
                return [.send(refusal(of: element, .notAllowed))]
            }
            return [.stanza(element)]
        case Namespace.streamManagement: return [.manage(element)]
        case Namespace.sasl, Namespace.tls: return close(StreamError(.policyViolation))
        // A module may know it.
        default: return [.stanza(element)]
        }
    }

    func refusal(of iq: Element, _ error: StanzaError) -> Element {
        Element("iq", ["type": "error", "id": iq.attribute("id")]) { answer in
            if let payload = iq.firstChild { answer.append(payload) }
            answer.append(error.element())
        }
    }
}
