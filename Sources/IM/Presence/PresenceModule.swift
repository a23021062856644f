import MartletCore
public import MartletRouter
import MartletXML

/// Presence: who is told that a user is there, and who is asked (RFC 6121 §4).
public struct PresenceModule: Module {
    public let name = "presence"

    public init() {}

    public func register(in registration: inout Registration) throws {
        registration.on(.received, try Match("presence")) {
            (shard, stanza, context) throws(StanzaError) in
            guard let id = context.session else { return .continue }
            return try shard.takePresence(stanza, from: id)
        }
        registration.on(.delivery, try Match("presence[@type='probe']")) { _, probe, _ in
            .pending { (shard: isolated RouterShard) async throws(StanzaError) -> Verdict in
                try await shard.answer(probe: probe)
                return .handled
            }
        }
        registration.on(.delivery, try Match("presence[@type='error']")) { shard, stanza, _ in
            shard.forgetDirected(to: stanza)
            return .continue
        }
        registration.on(.delivery, try Match("iq[@type='get' or @type='set']")) {
            (shard, request, _) in
            shard.guardResource(from: request)
        }
        registration.onSession { shard, session, event in
            if event == .ended { shard.announceEnd(of: session) }
        }
    }
}

extension RouterShard {
    /// Sorts what a client says of itself from what it says to somebody.
    func takePresence(_ stanza: Stanza, from id: SessionID) throws(StanzaError) -> Verdict {
        switch (stanza.type, stanza.to) {
        case (.available, nil):
            let priority = try PresencePriority.read(stanza)
            return afterArrival(at: id.jid) { shard in
                if shard.announceAtOnce(stanza, priority: priority, of: id) { return .handled }
                return .pending { (shard: isolated RouterShard) async throws(StanzaError) in
                    try await shard.announce(stanza, priority: priority, of: id)
                    return .handled
                }
            }
        case (.unavailable, nil):
            if let session = session(id) { withdraw(session, saying: stanza) }
            return .handled
        case (.available, .some(let to)):
            _ = try PresencePriority.read(stanza)
            try noteDirected(to: to, by: id)
            return .continue
        case (.unavailable, .some(let to)):
            session(id)?.directed?.remove(to)
            return .continue
        // A client does not probe; its server does that (RFC 6121 §4.3.1).
        case (.probe, _): return .handled
        case (.error, _): return .continue
        case (_, nil): throw .badRequest
        default: return .continue
        }
    }

    /// A client is there, or says something new of itself (RFC 6121 §4.2, §4.4).
    private func announce(
        _ stanza: Stanza,
        priority: Int,
        of id: SessionID
    ) async throws(StanzaError) {
        let roster = try await roster(of: id.jid.bare)
        guard let before = session(id) else { return }
        // Before it is available, so that nothing newer overtakes what was kept.
        if priority >= 0, !before.takesOffline { await giveOutOffline(to: id) }
        if let session = session(id) { show(stanza, priority: priority, of: session, to: roster) }
    }

    /// The same where nothing need be asked of the store; false where something must.
    private func announceAtOnce(_ stanza: Stanza, priority: Int, of id: SessionID) -> Bool {
        guard let roster = heldRoster(of: id.jid) else { return false }
        guard let session = session(id) else { return true }
        let wantsOffline = priority >= 0 && !session.takesOffline
        guard !wantsOffline || hasNoOffline(for: id.jid) else { return false }
        show(stanza, priority: priority, of: session, to: roster)
        return true
    }

    private func show(
        _ stanza: Stanza,
        priority: Int,
        of session: Session,
        to roster: UserRoster
    ) {
        let id = session.id
        let isInitial = !session.isAvailable
        session.presence = stanza.addressed(to: nil, from: id.jid)
        session.priority = priority
        if session.takesOffline { giveOutMissed(id.jid) }
        broadcast(stanza, of: session, to: roster.subscribers)
        tellObservers(of: session, said: stanza)
        guard isInitial else { return }
        charge(roster.subscriptions.count, to: session)
        for contact in roster.subscriptions {
            // From the account, so that the answer reaches whoever of it is there (RFC 6121 §4.3.1).
            route(Stanza.presence(.probe, to: contact, from: id.jid.bare))
        }
        introduceOthers(to: session)
        if home(of: id.jid)?.availableSessions.count == 1 { askAgain(roster, of: session) }
        handOver(roster.pendingRequests, to: session)
    }

    /// Tells contacts, and the user's own resources, this one among them (RFC 6121 §4.2.2).
    private func broadcast(_ stanza: Stanza, of session: Session, to contacts: [JID]) {
        charge(contacts.count, to: session)
        for contact in contacts {
            broadcast(stanza.addressed(to: contact, from: session.jid), of: session)
        }
        for other in home(of: session.jid)?.availableSessions ?? [] {
            send(stanza.addressed(to: other.jid, from: session.jid), to: other)
        }
    }

    /// A new resource learns of the user's others, which no probe asks (RFC 6121 §4.2.2).
    private func introduceOthers(to session: Session) {
        for other in home(of: session.jid)?.availableSessions ?? [] where other.id != session.id {
            guard let presence = other.presence else { continue }
            send(presence.addressed(to: session.jid, from: other.jid), to: session)
        }
    }

    /// Requests that the user has not answered come again with each login (RFC 6121 §3.1.3).
    private func handOver(_ requests: [RosterItem], to session: Session) {
        for item in requests {
            let stored = item.pendingRequest.flatMap { try? Element(parsing: $0) }
                .flatMap { try? Stanza($0) }
            let request = stored ?? Stanza.presence(.subscribe, to: nil, from: item.jid)
            send(request.addressed(to: session.jid.bare, from: item.jid), to: session)
        }
    }

    /// The client says that it is gone, and may stay connected (RFC 6121 §4.5).
    private func withdraw(_ session: Session, saying stanza: Stanza) {
        let wasAvailable = session.isAvailable
        session.presence = nil
        let roster = home(of: session.jid)?.state[UserRoster.self]
        var told = session.directed?.clear() ?? []
        if wasAvailable {
            let contacts = roster?.subscribers ?? []
            told.subtract(contacts)
            broadcast(stanza, of: session, to: contacts)
            send(stanza.addressed(to: session.jid, from: session.jid), to: session)
            tellObservers(of: session, said: stanza)
        }
        charge(told.count, to: session)
        for target in told { route(stanza.addressed(to: target, from: session.jid)) }
    }

    /// The stream is over, however it ended; the session has left its home already.
    func announceEnd(of session: Session) {
        // Made when there is somebody to be told: as a rule there is nobody.
        lazy var unavailable = Stanza.presence(.unavailable, to: nil, from: session.jid)
        let wasAvailable = session.isAvailable
        session.presence = nil
        var told = session.directed?.clear() ?? []
        if wasAvailable {
            let home = home(of: session.jid)
            let contacts = home?.state[UserRoster.self]?.subscribers ?? []
            told.subtract(contacts)
            if !contacts.isEmpty || home?.availableSessions.isEmpty == false {
                broadcast(unavailable, of: session, to: contacts)
            }
            tellObservers(of: session, said: unavailable)
        }
        for target in told { route(unavailable.addressed(to: target, from: session.jid)) }
    }

    /// Someone asks whether the user is there (RFC 6121 §4.3.2).
    ///
    /// Whoever logs in asks all contacts, most of whom are away: of theirs one item is read, not the roster.
    func answer(probe: Stanza) async throws(StanzaError) {
        guard let asker = probe.from, let to = probe.to else { return }
        if isAway(to) {
            let isShown = try await shows(to.bare, to: asker)
            if isAway(to) { return answer(asker, ofAway: to, isShown: isShown) }
        }
        try await answer(asker, of: to)
    }

    /// Whether none of an account's clients is there, and so nothing held of its roster either.
    private func isAway(_ account: JID) -> Bool { home(of: account)?.sessions.isEmpty ?? true }

    private func shows(_ account: JID, to asker: JID) async throws(StanzaError) -> Bool {
        if asker.isSameAccount(as: account) { return true }
        do {
            return try await store.rosterItem(asker.bare, of: account)?.subscription.hasFrom == true
        } catch {
            throw error.stanzaError
        }
    }

    private func answer(_ asker: JID, ofAway to: JID, isShown: Bool) {
        if isShown {
            route(Stanza.presence(.unavailable, to: asker, from: to))
        } else {
            route(Stanza.presence(.unsubscribed, to: asker.bare, from: to.bare))
        }
    }

    private func answer(_ asker: JID, of to: JID) async throws(StanzaError) {
        let account = to.bare
        let roster = try await roster(of: account)
        if to.isFull, let session = home(of: account)?.session(with: to),
            session.isShown(to: asker, roster)
        {
            // One resource is named already: whether it is there is all that is told.
            let type = session.isAvailable ? StanzaType.available : .unavailable
            return route(Stanza.presence(type, to: asker, from: to))
        }
        let isShown = roster.shows(account, to: asker)
        let sessions = to.isFull || !isShown ? [] : home(of: account)?.availableSessions ?? []
        if sessions.isEmpty { return answer(asker, ofAway: to, isShown: isShown) }
        for session in sessions {
            guard let presence = session.presence else { continue }
            route(presence.addressed(to: asker, from: session.jid))
        }
    }

    /// A request reaches a resource only from those who may know that it is there; others get the
    /// answer of a resource that is not (RFC 6121 §8.5.3.1; attacks: presence leak).
    func guardResource(from request: Stanza) -> Verdict {
        guard let to = request.to, to.isFull, let asker = request.from,
            let session = home(of: to)?.session(with: to)
        else { return .continue }
        if let roster = home(of: to)?.state[UserRoster.self] {
            return verdict(on: asker, session, roster, request)
        }
        return .pending { (shard: isolated RouterShard) async throws(StanzaError) -> Verdict in
            let roster = try await shard.roster(of: to)
            guard let session = shard.home(of: to)?.session(with: to) else { return .continue }
            return shard.verdict(on: asker, session, roster, request)
        }
    }

    private func verdict(
        on asker: JID,
        _ session: Session,
        _ roster: UserRoster,
        _ request: Stanza
    ) -> Verdict {
        if session.isShown(to: asker, roster) { return .continue }
        bounce(request, .serviceUnavailable)
        return .handled
    }

    /// Whom presence did not reach need not be told of its end (RFC 6121 §4.6.4).
    fileprivate func forgetDirected(to error: Stanza) {
        guard let to = error.to, to.isFull, let from = error.from else { return }
        home(of: to)?.session(with: to)?.directed?.remove(from)
    }

    private func noteDirected(to target: JID, by id: SessionID) throws(StanzaError) {
        guard let session = session(id) else { return }
        let contact = home(of: id.jid)?.state[UserRoster.self]?[target.bare]
        // Subscribers are told of the end anyway.
        if session.isAvailable, contact?.subscription.hasFrom == true { return }
        try session.noteDirected(to: target)
    }
}

extension UserRoster {
    /// Whether someone may know of the account's presence: the user, and those who subscribe to it.
    func shows(_ account: JID, to asker: JID) -> Bool {
        asker.isSameAccount(as: account) || self[asker.bare]?.subscription.hasFrom == true
    }
}

extension Session {
    /// Whether someone may know that this resource is there: by subscription, or because it said so
    /// itself (RFC 6121 §4.6).
    fileprivate func isShown(to asker: JID, _ roster: UserRoster) -> Bool {
        roster.shows(jid, to: asker) || directed?.contains(asker) == true
    }
}
