public import MartletCore
public import MartletXML

extension RouterShard {
    /// How many stanzas of one stream may wait behind one that is being handled.
    static let inboxLimit = 64

    /// Takes a stanza that a client sent on its session's stream.
    public func receive(_ stanza: Stanza, from id: SessionID) {
        guard let session = sessionsBySerial[id.serial] else { return }
        // Stamped where it was read, as a rule.
        let stamped =
            stanza.isFrom(session.jid) ? stanza : stanza.addressed(to: stanza.to, from: session.jid)
        guard session.inbox.admits(.stanza(stamped)) else { return slowDown(session) }
        handle(stamped, of: session)
    }

    /// Takes an element of the client's that is no stanza; false when nobody knows it.
    public func receive(nonza: Element, from id: SessionID) -> Bool {
        guard let session = session(id) else { return true }
        let takers = session.domain.modules.nonzas.filter {
            nonza.isNamed($0.name, in: $0.namespace)
        }
        for taker in takers { taker.handler(self, nonza, session) }
        return !takers.isEmpty
    }

    /// A stanza of the client was dealt with before it came here: it was no good.
    public func countRefused(by id: SessionID) {
        guard let session = sessionsBySerial[id.serial] else { return }
        guard session.inbox.admits(.refused) else { return slowDown(session) }
        session.management?.countHandled()
    }

    private func slowDown(_ session: Session) {
        if session.inbox.count >= Self.inboxLimit { session.sink?.pauseReading() }
    }

    private func handle(_ stanza: Stanza, of session: Session) {
        let context = Context(domain: session.domain, session: session.id)
        let id = session.id
        let outcome = run(
            .received,
            stanza,
            context,
            later: { shard, outcome in
                shard.noteDestination(of: stanza, from: id)
                shard.finishReceiving(outcome, context, ofWaiting: id)
            }
        )
        guard let outcome else { return suspend(session) }
        if session.management != nil { noteDestination(of: stanza, from: id) }
        guard proceed(outcome, context) else { return suspend(session) }
        session.management?.countHandled()
        holdIfOwing(session)
    }

    private func suspend(_ session: Session) {
        session.inbox.suspend()
        home(of: session.jid)?.guests += 1
    }

    /// The chain that waited is through; what stood behind it comes next.
    private func finishReceiving(
        _ outcome: ChainOutcome,
        _ context: Context,
        ofWaiting id: SessionID
    ) {
        guard proceed(outcome, context) else { return }
        resumeInbox(of: id)
    }

    func resumeInbox(of id: SessionID) {
        // Kept until what is in line has gone its way.
        let home = home(of: id.jid)
        defer {
            home?.guests -= 1
            if let home { forgetIfVacant(home) }
        }
        guard let session = sessionsBySerial[id.serial] ?? leavingBySerial[id.serial] else {
            return
        }
        session.management?.countHandled()
        session.inbox.resume()
        holdIfOwing(session)
        goOn(with: session)
    }

    /// Handles what stands in line, as far as it may.
    func goOn(with session: Session) {
        while let next = session.inbox.next() {
            switch next {
            case .stanza(let stanza): handle(stanza, of: session)
            case .refused: session.management?.countHandled()
            }
        }
        if session.inbox.isIdle {
            leavingBySerial[session.id.serial] = nil
            noteDrained(session)
        }
        if session.inbox.count < Self.inboxLimit / 2 { session.sink?.resumeReading() }
    }

    /// Does what the chain came to.
    ///
    /// False when a request's own chain waits now.
    private func proceed(_ outcome: ChainOutcome, _ context: Context) -> Bool {
        switch outcome {
        case .handled: return true
        case .failed(let error, let stanza):
            bounce(stanza, error)
            return true
        case .passed(let stanza): return forward(stanza, context)
        }
    }

    /// Sends a client's stanza on its way (RFC 6120 §10.3–10.5).
    private func forward(_ stanza: Stanza, _ context: Context) -> Bool {
        guard let from = stanza.from else { return true }
        guard let to = stanza.to else { return forwardUnaddressed(stanza, from, context) }
        if stanza.kind == .iq, stanza.isRequest, to.isBare {
            if to.isDomain, let domain = domains[of: to] {
                return request(
                    stanza,
                    at: .domain,
                    Context(domain: domain, session: context.session)
                )
            }
            if to.isSameAccount(as: from) { return request(stanza, at: .account, context) }
        }
        route(stanza)
        return true
    }

    /// Without `to`, a message is for the sender's own account and an iq for the server on the
    /// account's behalf (RFC 6120 §10.3); a presence that no module took says nothing to anybody.
    private func forwardUnaddressed(_ stanza: Stanza, _ from: JID, _ context: Context) -> Bool {
        switch stanza.kind {
        case .message: deliver(stanza.addressed(to: from.bare, from: from))
        case .presence: break
        case .iq:
            guard stanza.isRequest else { return true }
            return request(stanza, at: .account, context)
        }
        return true
    }

    /// Has a request answered by the modules.
    ///
    /// False when one of them waits: the stream then waits too.
    private func request(_ stanza: Stanza, at phase: Phase, _ context: Context) -> Bool {
        let outcome = run(
            phase,
            stanza,
            context,
            later: { shard, outcome in
                shard.finishRequest(outcome)
                if let id = context.session { shard.resumeInbox(of: id) }
            }
        )
        guard let outcome else { return false }
        finishRequest(outcome)
        return true
    }

    /// What nobody handled is answered as RFC 6120 §8.4 asks.
    func finishRequest(_ outcome: ChainOutcome) {
        switch outcome {
        case .handled: break
        case .failed(let error, let stanza): bounce(stanza, error)
        case .passed(let stanza): bounce(stanza, .serviceUnavailable)
        }
    }
}
