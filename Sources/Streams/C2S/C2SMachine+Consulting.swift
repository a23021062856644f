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
                return [.send(refusal(of: request, .notAllowed))]
            }
            account = jid.bare
            state = .loggingIn(request, answers: answers)
            return [.authenticated(jid.bare), .bind(jid.bare, resource: jid.resourcepart)]
        }
    }
}
