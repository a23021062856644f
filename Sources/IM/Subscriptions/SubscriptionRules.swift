public import MartletCore

/// What a subscription stanza does to the state between a user and a contact, and what follows from
/// it: the tables of RFC 6121 Appendix A as one function of four facts.
///
/// The nine states of §A.1 are `subscription` (`to`, `from`) with `isPendingOut` and `isPendingIn`.
public struct SubscriptionOutcome: Hashable, Sendable {
    /// The item as it is from now on; nil where there is to be none.
    public var item: RosterItem?
    /// Whether the user's clients are told of the item by a roster push.
    public var isPushed = false
    /// Outbound: whether the stanza goes on to the contact.
    ///
    /// Inbound: whether the user sees it.
    public var isPassedOn = false
    /// What the server answers on the user's behalf.
    public var reply: StanzaType?
    /// The contact has just begun to see the user, and is sent the user's presence.
    public var beginsPresence = false
    /// The contact sees the user no longer, and is told `unavailable`.
    public var endsPresence = false
}

public enum SubscriptionRules {
    /// The user sends a stanza of this type to the contact (RFC 6121 §A.2).
    public static func sending(
        _ type: StanzaType,
        to contact: JID,
        _ item: RosterItem?
    ) -> SubscriptionOutcome {
        let before = item ?? RosterItem(contact, isInRoster: false)
        var after = before
        var outcome = SubscriptionOutcome()
        switch type {
        case .subscribe:  // §A.2.1
            outcome.isPassedOn = true
            after.isInRoster = true
            if !before.subscription.hasTo { after.isPendingOut = true }
        case .unsubscribe:  // §A.2.2
            outcome.isPassedOn = true
            after.set(to: false)
            after.isPendingOut = false
        case .subscribed:  // §A.2.3
            outcome = allow(before, &after)
        default:  // §A.2.4
            outcome.isPassedOn = before.isPendingIn || before.subscription.hasFrom
            outcome.endsPresence = before.subscription.hasFrom
            after.set(from: false)
            after.forgetRequest()
            after.isPreApproved = false
            // A denied request is pushed, although no client sees a difference (RFC 6121 §3.2.2).
            outcome.isPushed = before.isPendingIn && after.isInRoster
        }
        return outcome.concluding(from: item, to: after)
    }

    /// The user says yes: to a request, or before there is one (RFC 6121 §3.4).
    private static func allow(
        _ before: RosterItem,
        _ after: inout RosterItem
    ) -> SubscriptionOutcome {
        var outcome = SubscriptionOutcome()
        if before.isPendingIn {
            outcome.isPassedOn = true
            outcome.beginsPresence = true
            after.set(from: true)
            after.forgetRequest()
            after.isInRoster = true
        } else if !before.subscription.hasFrom {
            after.isPreApproved = true
            after.isInRoster = true
        }
        return outcome
    }

    /// The contact sent a stanza of this type to the user (RFC 6121 §A.3).
    public static func receiving(
        _ type: StanzaType,
        from contact: JID,
        _ item: RosterItem?
    ) -> SubscriptionOutcome {
        let before = item ?? RosterItem(contact, isInRoster: false)
        var after = before
        var outcome = SubscriptionOutcome()
        switch type {
        case .subscribe:  // §A.3.1
            outcome = ask(before, &after)
        case .unsubscribe:  // §A.3.2
            outcome.isPassedOn = before.isPendingIn || before.subscription.hasFrom
            outcome.endsPresence = before.subscription.hasFrom
            if outcome.isPassedOn { outcome.reply = .unsubscribed }
            after.set(from: false)
            after.forgetRequest()
        case .subscribed:  // §A.3.3
            outcome.isPassedOn = before.isPendingOut
            if before.isPendingOut { after.set(to: true) }
            after.isPendingOut = false
        default:  // §A.3.4
            outcome.isPassedOn = before.isPendingOut || before.subscription.hasTo
            after.set(to: false)
            after.isPendingOut = false
        }
        return outcome.concluding(from: item, to: after)
    }

    /// The contact asks: the user decides, unless the user has already (RFC 6121 §3.1.3, §3.4.2).
    private static func ask(
        _ before: RosterItem,
        _ after: inout RosterItem
    ) -> SubscriptionOutcome {
        var outcome = SubscriptionOutcome()
        if before.subscription.hasFrom {
            outcome.reply = .subscribed
        } else if before.isPreApproved {
            outcome.reply = .subscribed
            outcome.beginsPresence = true
            after.set(from: true)
        } else if !before.isPendingIn {
            outcome.isPassedOn = true
            after.isPendingIn = true
        }
        return outcome
    }

    /// What the contact is told when the user takes the item out of the roster (RFC 6121 §2.5.2).
    public static func removing(_ item: RosterItem) -> [StanzaType] {
        var told: [StanzaType] = []
        if item.subscription.hasTo || item.isPendingOut { told.append(.unsubscribe) }
        if item.subscription.hasFrom || item.isPendingIn { told.append(.unsubscribed) }
        return told
    }
}

extension SubscriptionOutcome {
    /// Settles what is left to store and to push once the new state is known.
    fileprivate func concluding(from before: RosterItem?, to after: RosterItem) -> Self {
        var outcome = self
        outcome.item = after.isInRoster || after.isPendingIn ? after : nil
        outcome.isPushed = isPushed || after.isInRoster && !after.looksLike(before)
        return outcome
    }
}

extension RosterItem {
    mutating func set(to: Bool) {
        subscription = Subscription(to: to, from: subscription.hasFrom)
    }

    mutating func set(from: Bool) {
        subscription = Subscription(to: subscription.hasTo, from: from)
    }

    mutating func forgetRequest() {
        isPendingIn = false
        pendingRequest = nil
    }

    /// Whether a client would see no difference.
    fileprivate func looksLike(_ other: RosterItem?) -> Bool {
        guard let other else { return false }
        return subscription == other.subscription && isPendingOut == other.isPendingOut
            && isPreApproved == other.isPreApproved && isInRoster == other.isInRoster
    }
}
