import MartletCore
public import MartletRouter
import MartletStorage
import MartletXML

/// Subscriptions between users and their contacts (RFC 6121 §3).
public struct SubscriptionModule: Module {
    public let name = "subscriptions"

    public init() {}

    public func register(in registration: inout Registration) throws {
        registration.streamFeature(Element("sub", in: Namespace.preApproval))
        let match = try Match(
            ["subscribe", "subscribed", "unsubscribe", "unsubscribed"]
                .map { "presence[@type='\($0)']" }.joined(separator: "|")
        )
        registration.on(.received, match, priority: 100) { _, stanza, context in
            guard let id = context.session, stanza.to != nil else { return .continue }
            return .pending { (shard: isolated RouterShard) async throws(StanzaError) -> Verdict in
                try await shard.sendSubscription(stanza, from: id)
                return .handled
            }
        }
        registration.on(.delivery, match) { _, stanza, _ in
            .pending { (shard: isolated RouterShard) async throws(StanzaError) -> Verdict in
                try await shard.receiveSubscription(stanza)
                return .handled
            }
        }
    }
}

extension RouterShard {
    /// A client sends one: the user's own side of the state changes first (RFC 6121 §A.2).
    func sendSubscription(_ stanza: Stanza, from id: SessionID) async throws(StanzaError) {
        guard let contact = stanza.to?.bare else { return }
        let account = id.jid.bare
        if contact == account { return }
        let roster = try await roster(of: account)
        let outcome = SubscriptionRules.sending(stanza.type, to: contact, roster[contact])
        if outcome.item != nil { try limitRoster(of: account, roster, adding: contact) }
        let push = try await settle(outcome, of: account, with: contact, roster)
        push?(self)
        // Who is shut out is told first that the user is gone (RFC 6121 §3.2.2).
        if outcome.endsPresence { followUp(outcome, of: account, to: contact) }
        // Stamped with the bare address, since it is the account that subscribes (RFC 6121 §3.1.2).
        if outcome.isPassedOn { route(stanza.addressed(to: contact, from: account)) }
        if stanza.type == .subscribe { noteAsked(contact, by: account) }
        if !outcome.endsPresence { followUp(outcome, of: account, to: contact) }
    }

    /// A contact sent one (RFC 6121 §A.3).
    func receiveSubscription(_ stanza: Stanza) async throws(StanzaError) {
        guard let account = stanza.to?.bare, let contact = stanza.from?.bare else { return }
        if contact == account { return }
        let roster = try await roster(of: account)
        var outcome = SubscriptionRules.receiving(stanza.type, from: contact, roster[contact])
        if stanza.type == .subscribe, outcome.isPassedOn {
            try limitRequests(of: account, roster, from: contact)
            outcome.item?.pendingRequest = Self.kept(stanza)
        }
        let push = try await settle(outcome, of: account, with: contact, roster)
        // Before the push, so that clients know what it comes from (RFC 6121 §3.1.6).
        if outcome.isPassedOn { show(stanza.addressed(to: account, from: contact), to: account) }
        push?(self)
        followUp(outcome, of: account, to: contact)
    }

    /// A request is for those who can answer it, and waits for them; the rest is for all who follow
    /// the roster.
    private func show(_ stanza: Stanza, to account: JID) {
        for session in home(of: account)?.sessions ?? [] {
            let isShown = session.isAvailable || session.isInterested && stanza.type != .subscribe
            if isShown { send(stanza, to: session) }
        }
    }

    /// Past it, what a request says besides who asks is not kept until the user is there.
    private static var requestByteLimit: Int { 4_096 }

    private static func kept(_ request: Stanza) -> [UInt8] {
        let bytes = request.bytes
        guard bytes.count > requestByteLimit else { return bytes }
        return Stanza.presence(.subscribe, to: request.to, from: request.from).bytes
    }

    /// Stores the new state.
    ///
    /// - Returns: what shows it to the user's clients, if there is anything to show.
    private func settle(
        _ outcome: SubscriptionOutcome,
        of account: JID,
        with contact: JID,
        _ roster: UserRoster
    ) async throws(StanzaError) -> (@Sendable (isolated RouterShard) -> Void)? {
        guard outcome.item != roster[contact] else { return nil }
        let change = outcome.item.map(RosterChange.set) ?? .remove(contact)
        let version = try await self.change(roster, of: account, [change])
        guard outcome.isPushed else { return nil }
        return { shard in shard.push(change, version: version, to: account) }
    }

    /// Answers for the user, and lets the contact see what it now may or may not see.
    func followUp(_ outcome: SubscriptionOutcome, of account: JID, to contact: JID) {
        if let reply = outcome.reply {
            route(Stanza.presence(reply, to: contact, from: account))
        }
        guard outcome.beginsPresence || outcome.endsPresence else { return }
        for session in home(of: account)?.availableSessions ?? [] {
            guard let presence = session.presence else { continue }
            let shown =
                outcome.beginsPresence
                ? presence : Stanza.presence(.unavailable, to: nil, from: nil)
            route(shown.addressed(to: contact, from: session.jid))
        }
    }

    func limits(of account: JID) -> DomainLimits {
        home(of: account)?.domain.limits ?? DomainLimits()
    }

    /// What strangers ask does not count: they cannot fill a user's roster.
    func limitRoster(
        of account: JID,
        _ roster: UserRoster,
        adding contact: JID
    ) throws(StanzaError) {
        guard roster[contact]?.isInRoster != true,
            roster.visibleCount >= limits(of: account).rosterItems
        else { return }
        throw StanzaError(.resourceConstraint, .wait, "the roster is full")
    }

    /// How many strangers may wait for an answer, but no more than contacts may be: a further one is
    /// told `resource-constraint`.
    private static var requestLimit: Int { 1_000 }

    private func limitRequests(
        of account: JID,
        _ roster: UserRoster,
        from contact: JID
    ) throws(StanzaError) {
        let limit = min(Self.requestLimit, limits(of: account).rosterItems)
        guard roster[contact] == nil, roster.items.count - roster.visibleCount >= limit
        else { return }
        throw StanzaError(.resourceConstraint, .wait, "too many requests wait for an answer")
    }
}
