public import MartletCore
public import MartletXML

extension RouterShard {
    /// Sends a stanza to wherever its `to` leads; from this shard only.
    public func route(_ stanza: Stanza) {
        guard let to = stanza.to else { return }
        // Most are for somebody who is here: one look-up, since a home has its domain.
        if let home = homesByAccount[AccountKey(to)] { return deliver(stanza, to: home) }
        switch place(of: to) {
        case .home(let index):
            if index == shard.index { deliver(stanza) } else { peer(index)?.post(stanza) }
        case .domain(let domain): reach(domain, stanza)
        case .service(let domain, let index):
            if index == shard.index {
                reach(serviceOf: domain, stanza)
            } else {
                peer(index)?.post(stanza)
            }
        case .elsewhere(let route): route.take(stanza, on: shard.index)
        case .nowhere: turnBack(stanza, .remoteServerNotFound)
        }
    }

    /// Sends a presence to one contact on a user's behalf, unless a module keeps it back.
    ///
    /// Nobody may wait there: who tries is passed over.
    public func broadcast(_ presence: Stanza, of session: Session) {
        guard session.domain.modules.phases.hasBroadcastHandlers else { return route(presence) }
        let context = Context(domain: session.domain, session: session.id)
        guard case .passed(let left) = runWithoutWaiting(.broadcast, presence, context) else {
            return
        }
        route(left)
    }

    /// Returns a stanza to its sender with an error, unless it is one that is never answered.
    public func bounce(_ stanza: Stanza, _ error: StanzaError) {
        guard let bounced = stanza.bounced(error) else { return }
        route(
            bounced.from == nil
                ? bounced.addressed(to: bounced.to, from: stanza.from?.bare) : bounced
        )
    }

    /// Answers a request with a result.
    public func answer(_ request: Stanza, with payload: Element?) {
        let result = request.result(payload)
        // A request without `to` was for the account itself (RFC 6120 §8.1.2.1).
        route(result)
    }

    /// A stanza for the domain itself that did not come from a client homed here.
    private func reach(_ domain: Domain, _ stanza: Stanza) {
        let context = Context(domain: domain, session: nil)
        let outcome = run(
            .domain,
            stanza,
            context,
            later: { shard, outcome in
                shard.finishAtDomain(outcome)
            }
        )
        if let outcome { finishAtDomain(outcome) }
    }

    /// A stanza for a domain that a module keeps under this one.
    private func reach(serviceOf domain: Domain, _ stanza: Stanza) {
        let outcome = run(
            .service,
            stanza,
            Context(domain: domain, session: nil),
            later: { shard, outcome in shard.finishAtDomain(outcome) }
        )
        if let outcome { finishAtDomain(outcome) }
    }

    /// A presence for a server says nothing to it; a message for it cannot be read by anybody.
    private func finishAtDomain(_ outcome: ChainOutcome) {
        if case .passed(let stanza) = outcome, stanza.kind == .presence { return }
        finishRequest(outcome)
    }

    /// Takes a stanza for an account that is homed here, in order behind what already waits there.
    func deliver(_ stanza: Stanza) {
        guard let to = stanza.to else { return }
        if let home = homesByAccount[AccountKey(to)] {
            deliver(stanza, to: home)
        } else if let domain = domains[of: to] {
            if concernsAbsent(stanza) { deliver(stanza, to: summon(to.bare, of: domain)) }
        } else if let owner = domains.owner(ofService: to) {
            reach(serviceOf: owner, stanza)
        } else {
            deliverAfterChange(stanza, to)
        }
    }

    /// Whether a stanza means something to an account of which nobody is there.
    ///
    /// Presence and answers do not; so they cost no look-up (RFC 6121 §8.5.2.2).
    private func concernsAbsent(_ stanza: Stanza) -> Bool {
        switch stanza.kind {
        case .message: true
        case .presence: stanza.type.isSubscription || stanza.type == .probe
        case .iq: stanza.isRequest
        }
    }

    /// How many stanzas may wait at one home; past it the sender is told `resource-constraint`.
    private static let homeInboxLimit = 10_000
    /// The same for their bytes.
    static let homeInboxBytes = 16 * 1_048_576

    private func deliver(_ stanza: Stanza, to home: Home) {
        guard home.inbox.count < Self.homeInboxLimit, home.waitingBytes < Self.homeInboxBytes else {
            return bounce(stanza, .resourceConstraint)
        }
        if home.inbox.isWorking, let ahead = begin(stanza, at: home) {
            home.waitingBytes += stanza.element.byteCount
            _ = home.inbox.admits(.ahead(ahead))
            return
        }
        guard home.inbox.admits(.stanza(stanza)) else {
            home.waitingBytes += stanza.element.byteCount
            return
        }
        handle(stanza, at: home)
        forgetIfVacant(home)
    }

    /// Begins with a message that came behind those in line.
    private func begin(_ stanza: Stanza, at home: Home) -> Ahead? {
        guard home.gate != nil else { return nil }
        var last: Ahead?
        if case .ahead(let ahead) = home.inbox.last { last = ahead }
        return begin(stanza, at: home, behind: last, home.inbox.count)
    }

    private func begin(
        _ stanza: Stanza,
        at home: Home,
        behind last: Ahead?,
        _ place: Int
    ) -> Ahead? {
        guard case .success(true) = home.existence else { return nil }
        let context = Context(domain: home.domain, session: nil)
        return begin(stanza, at: .delivery, context, behind: last, place, upTo: home.gate)
    }

    /// Begins with those in line that came before there was anything that they could go up to.
    private func beginWaiting(at home: Home) {
        guard home.gate != nil else { return }
        var last: Ahead?
        for place in 0..<home.inbox.count {
            switch home.inbox[place] {
            case .ahead(let ahead): last = ahead
            case .stanza(let stanza):
                guard let ahead = begin(stanza, at: home, behind: last, place) else { return }
                home.inbox[place] = .ahead(ahead)
                last = ahead
            case .fence: return
            }
        }
    }

    /// Makes a home for an account of which nobody is there.
    private func summon(_ account: JID, of domain: Domain) -> Home {
        let home = Home(jid: account, domain: domain)
        home.existence = nil
        homesByAccount[AccountKey(account)] = home
        return home
    }

    /// Finds out whether the account exists; what arrives meanwhile waits behind `stanza`.
    private func lookUp(_ home: Home, for stanza: Stanza) {
        let account = home.jid
        home.inbox.suspend()
        track { shard in
            let found = await shard.accountExists(account)
            guard let home = shard.homesByAccount[AccountKey(account)] else { return }
            home.existence = home.sessions.isEmpty ? found : .success(true)
            home.inbox.resume()
            shard.handle(stanza, at: home)
            shard.resumeInbox(of: home)
        }
    }

    private func accountExists(_ account: JID) async -> Result<Bool, StanzaError> {
        do {
            return .success(try await store.account(account) != nil)
        } catch {
            return .failure(error.stanzaError)
        }
    }

    func resumeInbox(of home: Home) {
        while let next = home.inbox.next() {
            switch next {
            case .stanza(let stanza):
                home.waitingBytes -= stanza.element.byteCount
                handle(stanza, at: home)
            case .ahead(let ahead):
                home.waitingBytes -= ahead.stanza.element.byteCount
                handle(ahead, at: home)
            case .fence(let passed): passed()
            }
        }
        forgetIfVacant(home)
    }

    /// A home without sessions is kept only while something waits there.
    func forgetIfVacant(_ home: Home) {
        guard home.isVacant, homesByAccount[AccountKey(home.jid)] === home else { return }
        forget(home)
    }

    private func handle(_ stanza: Stanza, at home: Home) {
        switch home.existence {
        case .success(true): break
        // The answer to a probe does not say whether there is such an account.
        case nil where stanza.type == .probe: break
        case nil: return lookUp(home, for: stanza)
        case .success(false): return refuse(stanza)
        case .failure(let error): return bounce(stanza, error)
        }
        let context = Context(domain: home.domain, session: nil)
        finish(run(.delivery, stanza, context, later: Self.finish(at: home.jid)), at: home)
    }

    private func handle(_ ahead: Ahead, at home: Home) {
        finish(run(ahead, later: Self.finish(at: home.jid)), at: home)
    }

    private static func finish(at account: JID) -> Continuation {
        { shard, outcome in
            guard shard.finishDelivery(outcome, at: shard.home(of: account)) else { return }
            shard.delivered(at: account)
        }
    }

    private func finish(_ outcome: ChainOutcome?, at home: Home) {
        // One that has sessions is the account's still, whatever the chain did.
        let present = home.sessions.isEmpty ? self.home(of: home.jid) : home
        guard let outcome, finishDelivery(outcome, at: present) else {
            home.inbox.suspend()
            home.gate = openedGate
            return beginWaiting(at: home)
        }
    }

    /// The stanza that held the home's queue is done with.
    func delivered(at account: JID) {
        guard let home = home(of: account) else { return }
        home.inbox.resume()
        resumeInbox(of: home)
    }

    /// There is no such account (RFC 6121 §8.5.1).
    ///
    /// A probe gets the answer that a stranger gets from one that exists; nothing tells them apart.
    private func refuse(_ stanza: Stanza) {
        switch (stanza.kind, stanza.type) {
        case (.presence, .probe):
            guard let to = stanza.to, let from = stanza.from else { return }
            route(Stanza.presence(.unsubscribed, to: from.bare, from: to.bare))
        case (.presence, _): break
        case (.message, _), (.iq, _): bounce(stanza, .serviceUnavailable)
        }
    }
}
