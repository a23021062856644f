import MartletCore
import MartletRouter
import MartletStreams
import MartletXML

/// XEP-0198 on a client's stream: what the client asks, and the home decides.
extension C2SConnection {
    func manage(_ element: Element) -> StreamFlow {
        switch (element.name, session) {
        case ("r", .some(let id)): acknowledge(id)
        case ("a", .some(let id)): return accept(element, id)
        case ("enable", .some(let id)): enable(element, id)
        case ("resume", nil): return resume(element)
        case ("enable", nil), ("resume", .some): edge.write(.managementFailed(.unexpectedRequest))
        default: return carryOut(machine.close(StreamError(.unsupportedStanzaType)))
        }
        return .goOn
    }

    private func acknowledge(_ id: SessionID) {
        home.assumeIsolated {
            $0.settle(id) { [weak self] handled in
                self?.assumeIsolated { $0.tell(handled, to: id) }
            }
        }
    }

    private func tell(_ handled: UInt32, to id: SessionID) {
        guard session == id else { return }
        edge.write(Element("a", in: Namespace.streamManagement, ["h": String(handled)]))
    }

    private func accept(_ element: Element, _ id: SessionID) -> StreamFlow {
        guard let handled = element.attribute("h").flatMap(UInt32.init) else {
            return carryOut(machine.close(StreamError(.badFormat)))
        }
        let excess = home.assumeIsolated { $0.acknowledge(handled, from: id) }
        guard let excess else { return .goOn }
        return carryOut(machine.close(excess))
    }

    private func enable(_ element: Element, _ id: SessionID) {
        let resume = element.attribute("resume")
        let isResumable = resume == "true" || resume == "1"
        let token = isResumable ? C2SService.makeToken() : nil
        let limit = home.assumeIsolated { $0.enableManagement(of: id, token: token) }
        guard let limit else { return edge.write(.managementFailed(.unexpectedRequest)) }
        edge.write(
            Element(
                "enabled",
                in: Namespace.streamManagement,
                [
                    "id": token,
                    "resume": token == nil ? nil : "true",
                    "location": token == nil ? nil : service.resumptionLocation,
                    "max": token == nil ? nil : String(limit.components.seconds),
                ]
            )
        )
    }

    /// Takes up a session whose connection was lost, at its home.
    private func resume(_ element: Element) -> StreamFlow {
        guard let account = machine.account, let token = element.attribute("previd"),
            let handled = element.attribute("h").flatMap(UInt32.init)
        else {
            edge.write(.managementFailed(.badRequest))
            return .goOn
        }
        return atHome(service.router.home(of: account).shard) { connection in
            connection.settle(token, handled, of: account)
        }
    }

    /// How long a client that resumes waits for what it sent before to be stored.
    private static let settlingTime = Duration.seconds(10)

    /// Resumes when the count that the client is told is final; nothing is read meanwhile.
    private func settle(_ token: String, _ handled: UInt32, of account: JID) {
        let isSettled = home.assumeIsolated {
            $0.isSettled(token: token, of: account, within: Self.settlingTime) { [weak self] in
                self?.assumeIsolated { $0.resumeSettled(token, handled, of: account) }
            }
        }
        if isSettled { resume(token, handled, of: account) } else { edge.pause(.negotiation) }
    }

    private func resumeSettled(_ token: String, _ handled: UInt32, of account: JID) {
        // The session waits on for whoever comes next, when this one is gone already.
        guard !machine.isClosed else { return }
        resume(token, handled, of: account)
        readLeftover()
    }

    private func resume(_ token: String, _ handled: UInt32, of account: JID) {
        let outcome = home.assumeIsolated {
            $0.resume(token: token, handled: handled, of: account, sink: self)
        }
        switch outcome {
        case .resumed(let id, let count, let missed):
            session = id
            stopReading()
            edge.write(
                Element(
                    "resumed",
                    in: Namespace.streamManagement,
                    ["previd": token, "h": String(count)]
                )
            )
            bound = id.jid
            report(.info, "resumed")
            goOn(machine.receive(.resumed(id.jid)))
            for stanza in missed { transport.withOutput { stanza.append(to: &$0) } }
            edge.write(Element("r", in: Namespace.streamManagement))
        case .unknown: edge.write(.managementFailed(.itemNotFound))
        case .refused(let error): goOn(machine.close(error))
        }
    }
}

extension Element {
    static func managementFailed(_ error: StanzaError) -> Element {
        Element("failed", in: Namespace.streamManagement) {
            $0.element(error.condition.rawValue, in: Namespace.stanzaErrors)
        }
    }
}
