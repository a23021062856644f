import MartletCore
import MartletXML

/// Requests before a resource is bound, which the core knows nothing of: registration (XEP-0077), the
/// login that was there before SASL (XEP-0078).
extension C2SMachine {
    /// Has modules look at an iq, if there are any to do so.
    mutating func consult(_ element: Element) -> [Action] {
        guard let host, host.consultsModules, element.isNamed("iq", in: Namespace.client) else {
            return close(StreamError(.notAuthorized))
        }
        state = .consulting(element)
        return [.consult(element)]
    }

    mutating func goOn(after outcome: Consultation) -> [Action] {
        guard case .consulting(let request) = state else { return [] }
        state = account == nil ? .negotiating : .authenticated
        switch outcome {
        case .ignored: return close(StreamError(.notAuthorized))
        case .handled(let elements): return elements.map { .send($0) }
        case .close(let error): return close(error)
        case .login(let jid, let answers):
            guard account == nil, jid.domain == host?.domain else {
                return [.send(loginRefusal(of: request, .notAllowed))]
            }
            account = jid.bare
            state = .loggingIn(request, answers: answers)
            return [.authenticated(jid.bare), .bind(jid.bare, resource: jid.resourcepart)]
        }
    }

    /// The answer to a login by iq that came to nothing, as XEP-0078 §3.1 and §5 want it: without what
    /// was sent, which has a password in it, and with the number of the error.
    func loginRefusal(of request: Element, _ error: StanzaError) -> Element {
        Element("iq", ["type": "error", "id": request.attribute("id")]) {
            $0.append(error.element(withLegacyCode: true))
        }
    }
}
