import MartletCore
public import MartletRouter
import MartletStorage
import MartletXML

/// Subscriptions between users and their contacts (RFC 6121 §3).
public struct SubscriptionModule: Module {
    public let name = "subscriptions"

    public init() {}

    public func register(in registration: inout Registration) throws {
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
        try limitRoster(of: account, roster, adding: contact)
        let outcome = SubscriptionRules.sending(stanza.type, to: contact, roster[contact])
        try await settle(outcome, of: account, with: contact, roster)
        // Stamped with the bare address, since it is the account that subscribes (RFC 6121 §3.1.2).
        if outcome.isPassedOn { route(stanza.addressed(to: contact, from: account)) }
        followUp(outcome, of: account, to: contact)
    }

    /// A contact sent one (RFC 6121 §A.3).
    func receiveSubscription(_ stanza: Stanza) async throws(StanzaError) {
        guard let account = stanza.to?.bare, let contact = stanza.from?.bare else { return }
        if contact == account { return }
        let roster = try await roster(of: account)
        var outcome = SubscriptionRules.receiving(stanza.type, from: contact, roster[contact])
        if stanza.type == .subscribe, outcome.isPassedOn {
            guard roster.items.count < limits(of: account).rosterItems else {
                throw StanzaError(.resourceConstraint, .wait)
            }
            outcome.item?.pendingRequest = stanza.bytes
        }
        try await settle(outcome, of: account, with: contact, roster)
        if outcome.isPassedOn {
            for session in home(of: account)?.sessions ?? []
            where session.isInterested || session.isAvailable {
                send(stanza.addressed(to: account, from: contact), to: session)
            }
        }
        followUp(outcome, of: account, to: contact)
    }

    /// Stores the new state and shows it to the user's clients, in this order.
    private func settle(
        _ outcome: SubscriptionOutcome,
        of account: JID,
        with contact: JID,
        _ roster: UserRoster
    ) async throws(StanzaError) {
        guard outcome.item != roster[contact] else { return }
        let change = outcome.item.map(RosterChange.set) ?? .remove(contact)
        let version = try await self.change(roster, of: account, [change])
        if outcome.isPushed { push(change, version: version, to: account) }
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

    func limitRoster(
        of account: JID,
        _ roster: UserRoster,
        adding contact: JID
    ) throws(StanzaError) {
        guard roster[contact] == nil, roster.items.count >= limits(of: account).rosterItems else {
            return
        }
        throw StanzaError(.resourceConstraint, .wait, "the roster is full")
    }
}
