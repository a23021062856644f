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
        if session.inbox.isWorking, let ahead = begin(stamped, of: session) {
            _ = session.inbox.admits(.ahead(ahead))
            return slowDown(session)
        }
        guard session.inbox.admits(.stanza(stamped)) else { return slowDown(session) }
        handle(stamped, of: session)
    }

    /// Begins with a message that came behind those in line.
    private func begin(_ stanza: Stanza, of session: Session) -> Ahead? {
        guard session.gate != nil, !session.inbox.isHeld else { return nil }
        var last: Ahead?
        if case .ahead(let ahead) = session.inbox.last { last = ahead }
        return begin(stanza, of: session, behind: last, session.inbox.count)
    }

    private func begin(
        _ stanza: Stanza,
        of session: Session,
        behind last: Ahead?,
        _ place: Int
    ) -> Ahead? {
        begin(
            stanza,
            at: .received,
            Context(domain: session.domain, session: session.id),
            behind: last,
            place,
            upTo: session.gate
        )
    }

    /// Begins with those in line that came before there was anything that they could go up to.
    private func beginWaiting(of session: Session) {
        guard session.gate != nil, !session.inbox.isHeld else { return }
        var last: Ahead?
        for place in 0..<session.inbox.count {
            switch session.inbox[place] {
            case .ahead(let ahead): last = ahead
            case .stanza(let stanza):
                guard let ahead = begin(stanza, of: session, behind: last, place) else { return }
                session.inbox[place] = .ahead(ahead)
                last = ahead
            case .refused: return
            }
        }
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
        guard session.inbox.count >= Self.inboxLimit else { return }
        session.isSlowed = true
        session.sink?.pauseReading()
    }

    private func handle(_ stanza: Stanza, of session: Session) {
        let context = Context(domain: session.domain, session: session.id)
        let outcome = run(
            .received,
            stanza,
            context,
            later: Self.finish(stanza, context, of: session.id)
        )
        finish(outcome, stanza, context, of: session)
    }

    private func handle(_ ahead: Ahead, of session: Session) {
        let outcome = run(ahead, later: Self.finish(ahead.stanza, ahead.context, of: session.id))
        finish(outcome, ahead.stanza, ahead.context, of: session)
    }

    private static func finish(
        _ stanza: Stanza,
        _ context: Context,
        of id: SessionID
    ) -> Continuation {
        { shard, outcome in
            shard.noteDestination(of: stanza, from: id)
            shard.finishReceiving(outcome, context, ofWaiting: id)
        }
    }

    private func finish(
        _ outcome: ChainOutcome?,
        _ stanza: Stanza,
        _ context: Context,
        of session: Session
    ) {
        let id = session.id
        guard let outcome else { return suspend(session) }
        if session.management != nil { noteDestination(of: stanza, from: id) }
        guard proceed(outcome, context) else { return suspend(session) }
        session.management?.countHandled()
        holdIfOwing(session)
    }

    private func suspend(_ session: Session) {
        session.inbox.suspend()
        session.gate = openedGate
        home(of: session.jid)?.guests += 1
        beginWaiting(of: session)
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
            case .ahead(let ahead): handle(ahead, of: session)
            case .refused: session.management?.countHandled()
            }
        }
        if session.inbox.isIdle {
            leavingBySerial[session.id.serial] = nil
            noteDrained(session)
        }
        guard session.isSlowed, session.inbox.count < Self.inboxLimit / 2 else { return }
        session.isSlowed = false
        session.sink?.resumeReading()
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
