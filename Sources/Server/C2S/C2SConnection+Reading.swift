import MartletCore
import MartletNet
import MartletRouter
import MartletStreams
import MartletXML

/// From bytes to stanzas.
extension C2SConnection {
    /// What becomes of the bytes behind an element.
    enum Flow {
        case goOn
        /// They belong to a new stream on the same connection (RFC 6120 §4.3.3).
        case restart
        /// They were sent before TLS stood and mean nothing (the STARTTLS injection attack).
        case drop
        /// They wait until an answer is there.
        case wait
        /// They go along to the shard of the account's home.
        case move
    }

    func receive(_ bytes: UnsafeRawBufferPointer) {
        lastReceived = shard.now
        isPinged = false
        guard !pauses.contains(.negotiation) else { return keep(bytes) }
        read(bytes)
        limitRate(bytes: bytes.count)
    }

    /// Bytes that arrive while the machine waits; reading is paused, so they are one chunk at most.
    private func keep(_ bytes: UnsafeRawBufferPointer) {
        leftover.append(contentsOf: bytes)
    }

    /// Reads bytes until there are no more, or until something else must happen first.
    func read(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty, !machine.isClosed {
            guard let offset = readStream(rest) else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[offset...])
        }
    }

    /// Reads on in the stream as it is; gives the offset at which a new one begins, if one does.
    private func readStream(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var events: [StreamEvent] = []
        swap(&events, &self.events)
        defer {
            events.removeAll(keepingCapacity: true)
            self.events = events
        }
        let fault = parser.read(bytes, into: &events)
        for event in events {
            switch take(event) {
            case .goOn: continue
            case .restart:
                parser.restart()
                return event.endOffset
            case .drop:
                parser.restart()
                return nil
            case .wait:
                parser.returnToBoundary()
                leftover = Array(bytes[event.endOffset...])
                return nil
            case .move:
                leftover = Array(bytes[event.endOffset...])
                depart()
                return nil
            }
        }
        if let fault, !machine.isClosed { _ = carryOut(machine.close(StreamError(fault))) }
        return nil
    }

    private func take(_ event: StreamEvent) -> Flow {
        guard !machine.isClosed else { return .drop }
        switch event.kind {
        case .opened(let header): return carryOut(machine.receive(.opened(header)))
        case .element(let element):
            if let session, machine.isBound, element.isNamed("message", "jabber:client") {
                receive(element, of: session)
                return .goOn
            }
            // Stanzas are counted where they are taken; the rest costs its sender as much.
            if machine.isBound, !element.isIn(Namespace.client) { countStanza() }
            return carryOut(machine.receive(.element(element)))
        case .closed: return carryOut(machine.receive(.closed))
        }
    }

    /// Gives the machine an answer it waited for, then reads what came meanwhile.
    func answer(_ event: C2SMachine.Event) {
        negotiation = nil
        guard !machine.isClosed else { return }
        // First: what the answer leads to may bind a resource here or elsewhere (XEP-0078), or wait again.
        resume(.negotiation)
        let flow = carryOut(machine.receive(event))
        if flow == .wait { return }
        if flow == .move { return depart() }
        if flow == .restart { parser.restart() }
        readLeftover()
    }

    func readLeftover() {
        resume(.negotiation)
        var bytes: [UInt8] = []
        swap(&bytes, &leftover)
        bytes.withUnsafeBytes { read($0) }
    }

    /// Hands a bound client's stanza to its home.
    func receive(_ element: Element, of session: SessionID) {
        countStanza()
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

extension StreamError {
    /// What a parser's fault is on the wire (RFC 6120 §4.9.3).
    init(_ fault: XMLError) {
        switch fault.kind {
        case .notWellFormed: self.init(.notWellFormed)
        case .restrictedXML: self.init(.restrictedXML)
        case .badNamespacePrefix: self.init(.badNamespacePrefix)
        case .unsupportedEncoding: self.init(.unsupportedEncoding)
        case .badFormat: self.init(.badFormat)
        case .outOfMemory: self.init(.resourceConstraint)
        case .limit(let limit): self.init(.policyViolation, "over the limit: \(limit.rawValue)")
        }
    }
}
