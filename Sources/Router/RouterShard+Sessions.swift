public import MartletCore
import MartletStorage
public import MartletXML

extension RouterShard {
    /// Binds a resource to a client's connection (RFC 6120 §7).
    ///
    /// A session that has the address already gives way: its stream ends with `conflict`
    /// (RFC 6120 §7.7.2.2).
    ///
    /// Fails with `resource-constraint` when the account has as many sessions as it may.
    public func bind(
        _ full: JID,
        in domain: Domain,
        sink: any SessionSink
    ) -> Result<SessionID, StanzaError> {
        let account = full.bare
        let home = residence(of: account, in: domain)
        if let other = home.session(with: full) {
            other.sink?.close(StreamError(.conflict, "another client bound this resource"))
            end(other.id)
        }
        // One that waits for a client who does not come back gives way to one who is here.
        if home.sessions.count >= domain.limits.sessionsPerAccount,
            let waiting = home.sessions.first(where: { $0.sink == nil })
        {
            end(waiting.id)
        }
        guard home.sessions.count < domain.limits.sessionsPerAccount else {
            forgetIfVacant(home)
            return .failure(
                StanzaError(.resourceConstraint, .wait, "too many sessions of this account")
            )
        }
        let residence = residence(of: account, in: domain)
        let session = Session(id: nextSessionID(for: full), domain: domain, sink: sink)
        residence.sessions.append(session)
        sessionsBySerial[session.id.serial] = session
        for observe in domain.modules.sessionObservers { observe(self, session, .bound) }
        return .success(session.id)
    }

    private func residence(of account: JID, in domain: Domain) -> Home {
        if let home = homesByAccount[AccountKey(account)] {
            home.existence = .success(true)
            return home
        }
        let home = Home(jid: account, domain: domain)
        homesByAccount[AccountKey(account)] = home
        return home
    }

    /// Writes a stanza to a session's client, and keeps it until acknowledged where that was agreed.
    ///
    /// The receipt is told once whether the client took it.
    public func send(_ stanza: Stanza, to session: Session, receipt: Receipt? = nil) {
        guard session.domain.modules.phases.hasClientHandlers, !session.isEnded else {
            return sendPastPhases(stanza, to: session, receipt: receipt)
        }
        guard let passed = runClientPhase(stanza, of: session) else {
            // A module keeps it, or dropped it: it is theirs now.
            receipt?(self, true)
            return
        }
        sendPastPhases(passed, to: session, receipt: receipt)
    }

    /// What modules leave of a stanza that is about to be written to a client; nil for nothing.
    private func runClientPhase(_ stanza: Stanza, of session: Session) -> Stanza? {
        let context = Context(domain: session.domain, session: session.id)
        // Nobody may wait here, where order is all; who tries is passed over.
        switch runWithoutWaiting(.client, stanza, context) {
        case .passed(let stanza): return stanza
        case .handled: return nil
        case .failed(let error, let stanza):
            bounce(stanza, error)
            return nil
        }
    }

    /// Writes an element that is no stanza to a session's client.
    public func send(nonza: Element, to session: Session) {
        session.sink?.send(nonza: nonza)
    }

    /// Writes a stanza to a session's client, past phase `client`: for who held it there.
    public func sendPastPhases(_ stanza: Stanza, to session: Session, receipt: Receipt? = nil) {
        if session.isEnded {
            giveBack(SessionManagement.Sent(stanza: stanza, receipt: receipt), of: session)
        } else if session.management != nil {
            sendManaged(stanza, to: session, receipt: receipt)
        } else {
            session.sink?.send(stanza)
            guard let receipt else { return }
            session.receipts.append(receipt)
            if session.receipts.count == 1 { session.sink?.reportFlush() }
        }
    }

    /// Everything sent to the session's client so far has left for the network.
    public func flushed(_ id: SessionID) {
        guard let session = session(id) else { return }
        let receipts = session.receipts
        session.receipts = []
        for receipt in receipts { receipt(self, true) }
    }

    /// The client's stream is over and cannot be resumed: the session is.
    ///
    /// What the client had not acknowledged goes where it would have gone without this session.
    public func end(_ id: SessionID) {
        guard let session = sessionsBySerial.removeValue(forKey: id.serial) else { return }
        let home = homesByAccount[AccountKey(id.jid)]
        home?.sessions.removeAll { $0.id == id }
        session.sink = nil
        session.isEnded = true
        // What the client sent before it went is still on its way.
        if !session.inbox.isIdle { leavingBySerial[id.serial] = session }
        let undelivered = session.dismissManagement(on: shard)
        for observe in session.domain.modules.sessionObservers { observe(self, session, .ended) }
        for receipt in session.receipts { receipt(self, false) }
        session.receipts = []
        for sent in undelivered { giveBack(sent, of: session) }
        release(session)
        if let home { forgetIfVacant(home) }
    }

    /// What did not reach its client: who wanted a receipt has kept the stanza; the others have nobody
    /// but us.
    private func giveBack(_ sent: SessionManagement.Sent, of session: Session) {
        if let receipt = sent.receipt {
            receipt(self, false)
        } else {
            reroute(sent.stanza, sentAt: sent.time, by: session.jid.domain)
        }
    }

    /// A stanza that its session's client never acknowledged is treated as for a resource that is
    /// gone (XEP-0198 §5).
    func reroute(_ stanza: Stanza, sentAt time: Timestamp, by domain: JID) {
        switch stanza.kind {
        // To the account, so that another resource or the offline log takes it, whatever its type.
        case .message:
            let late = stanza.stamped(by: domain, at: time)
            route(late.addressed(to: stanza.to?.bare, from: stanza.from))
        case .iq where stanza.isRequest: bounce(stanza, .recipientUnavailable)
        case .iq, .presence: break
        }
    }

    /// Ends every session, those that wait for their clients too: what these never acknowledged is
    /// stored or returned before the server stops.
    public func endAll() {
        for session in Array(sessionsBySerial.values) { end(session.id) }
    }

    /// Closes every session of the account, when it is removed or its password changed.
    ///
    /// One may be left out, by its serial.
    public func close(sessionsOf account: JID, with error: StreamError, except serial: UInt64 = 0) {
        for session in homesByAccount[AccountKey(account)]?.sessions ?? []
        where session.id.serial != serial {
            session.sink?.close(error)
            end(session.id)
        }
    }
}

extension RouterShard {
    nonisolated func replaceDomains(_ table: DomainTable) {
        shard.submit { self.assumeIsolated { $0.adopt(table) } }
    }

    /// Homes and sessions of domains that stay see the new settings; the others end.
    private func adopt(_ table: DomainTable) {
        domains = table
        for home in homesByAccount.values {
            if let domain = table[home.jid.domainpart] { home.domain = domain }
        }
        for session in sessionsBySerial.values {
            if let domain = table[session.jid.domainpart] {
                session.domain = domain
            } else {
                session.sink?.close(StreamError(.hostGone))
                end(session.id)
            }
        }
    }
}
