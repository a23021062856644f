import MartletCore
import MartletNet
import MartletRouter
import MartletStreams
import MartletXML

/// From bytes to stanzas.
extension C2SConnection {
    func receive(_ bytes: UnsafeRawBufferPointer) {
        isPinged = false
        guard edge.accepts(bytes) else { return }
        read(bytes)
        // Before login the parser's limits and the clock bound what a stranger can send.
        if session != nil { edge.limitRate(bytes: bytes.count) }
    }

    private func read(_ bytes: UnsafeRawBufferPointer) {
        let (fault, flow) = edge.read(bytes, while: { !machine.isClosed }) { take($0) }
        if flow == .move { depart() }
        if let fault { _ = carryOut(machine.close(StreamError(fault))) }
    }

    private func take(_ event: StreamEvent) -> StreamFlow {
        switch event.kind {
        case .opened(let header): return carryOut(machine.receive(.opened(header)))
        case .element(let element):
            if let session, machine.isBound, element.isNamed("message", "jabber:client") {
                receive(element, of: session)
                return .goOn
            }
            // Stanzas are counted where they are taken; the rest costs its sender as much.
            if machine.isBound, !element.isIn(Namespace.client) { edge.countStanza() }
            return carryOut(machine.receive(.element(element)))
        case .closed: return carryOut(machine.receive(.closed))
        }
    }

    /// Gives the machine an answer it waited for, then reads what came meanwhile.
    func answer(_ event: C2SMachine.Event) {
        negotiation = nil
        guard !machine.isClosed else { return }
        // First: what the answer leads to may bind a resource here or elsewhere (XEP-0078), or wait again.
        edge.resume(.negotiation)
        let flow = carryOut(machine.receive(event))
        if flow == .wait { return }
        if flow == .move { return depart() }
        if flow == .restart { edge.parser.restart() }
        readLeftover()
    }

    func readLeftover() {
        edge.takeLeftover().withUnsafeBytes { read($0) }
    }

    /// Hands a bound client's stanza to its home.
    func receive(_ element: Element, of session: SessionID) {
        edge.countStanza()
        do {
            let stanza = try Stanza(
                element,
                sentBy: session.jid,
                language: machine.language,
                recent: correspondent
            )
            noteCorrespondent(stanza.to)
            home.enter(with: (stanza, session)) { $0.receive($1.0, from: $1.1) }
        } catch {
            refuse(element, error, of: session)
        }
    }

    /// Most write to the same again.
    private func noteCorrespondent(_ to: JID?) {
        guard let to else { return }
        if let correspondent, correspondent.isIdentical(to: to) { return }
        correspondent = to
    }

    private func refuse(_ element: Element, _ fault: StanzaFault, of session: SessionID) {
        switch fault {
        case .unsupported:
            let isTaken = home.assumeIsolated { $0.receive(nonza: element, from: session) }
            if !isTaken { _ = carryOut(machine.close(StreamError(.unsupportedStanzaType))) }
        case .ignored: home.assumeIsolated { $0.countRefused(by: session) }
        case .invalidFrom: _ = carryOut(machine.close(StreamError(.invalidFrom)))
        case .refused(let error):
            home.assumeIsolated { home in
                home.countRefused(by: session)
                guard let bound = home.session(session),
                    let answer = Stanza.refusal(of: element, error, from: session.jid.domain)
                else { return }
                home.send(answer.addressed(to: session.jid, from: answer.from), to: bound)
            }
        }
    }

    /// The home of the account that is bound here; it lives on this connection's shard.
    var home: RouterShard { service.router.homes[shard.index] }
}
