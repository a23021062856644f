import MartletCore
import MartletRouter
import MartletStorage

/// A user's roster as their home holds it, read from the store when it is first wanted.
///
/// A change is decided and made here at once, then stored; so two changes never start from the same
/// state. When storing fails, what is held is read anew before it is used again.
final class UserRoster {
    private(set) var items: [JID: RosterItem] = [:] {
        didSet { listedSubscribers = nil }
    }
    /// What `subscribers` found since the items changed.
    private var listedSubscribers: [JID]?
    var version: Int64
    /// A change could not be stored: this may not be what the store has.
    var isStale = false

    init(_ roster: Roster) {
        items = Dictionary(roster.items.map { ($0.jid, $0) }, uniquingKeysWith: { $1 })
        version = roster.version
    }

    subscript(contact: JID) -> RosterItem? { items[contact] }

    func apply(_ change: RosterChange) {
        switch change {
        case .set(let item): items[item.jid] = item
        case .remove(let contact): items[contact] = nil
        }
    }

    /// Contacts who see this user's presence; each change of it asks for them.
    var subscribers: [JID] {
        if let listedSubscribers { return listedSubscribers }
        let subscribers = items.values.lazy.filter(\.subscription.hasFrom).map(\.jid)
        let listed = Array(subscribers)
        listedSubscribers = listed
        return listed
    }

    /// Contacts whose presence this user sees.
    var subscriptions: [JID] { items.values.filter(\.subscription.hasTo).map(\.jid) }

    /// Contacts who asked and have no answer yet.
    var pendingRequests: [RosterItem] { items.values.filter(\.isPendingIn) }

    /// How many contacts the user sees.
    var visibleCount: Int { items.values.count(where: \.isInRoster) }

    /// What the user sees of it: not the contacts who merely asked (RFC 6121 §A.1).
    ///
    /// In the order of their addresses, so that the same roster is the same answer.
    var visibleItems: [RosterItem] {
        items.values.filter(\.isInRoster)
            .sorted { $0.jid.isBefore($1.jid) }
    }
}

extension RouterShard {
    /// The roster of an account homed here.
    func roster(of account: JID) async throws(StanzaError) -> UserRoster {
        if let roster = heldRoster(of: account) { return roster }
        if home(of: account)?.state[Arrival.self] != nil {
            await withCheckedContinuation { continuation in
                follow(arrivalAt: account) { _ in continuation.resume() }
            }
            if let roster = heldRoster(of: account) { return roster }
        }
        let stored: Roster
        do {
            stored = try await store.roster(of: account.bare)
        } catch {
            throw error.stanzaError
        }
        // Another task may have read it in the meantime, and changed what it read.
        if let roster = heldRoster(of: account) { return roster }
        let roster = UserRoster(stored)
        home(of: account)?.state[UserRoster.self] = roster
        return roster
    }

    /// The roster if the home has it, and need not ask the store.
    func heldRoster(of account: JID) -> UserRoster? {
        guard let roster = home(of: account)?.state[UserRoster.self], !roster.isStale else {
            return nil
        }
        return roster
    }

    /// Makes changes to an account's roster; returns when they are stored, with the new version.
    @discardableResult
    func change(
        _ roster: UserRoster,
        of account: JID,
        _ changes: [RosterChange]
    ) async throws(StanzaError) -> Int64 {
        for change in changes { roster.apply(change) }
        do {
            let version = try await store.changeRoster(changes, of: account.bare)
            roster.version = max(roster.version, version)
            return version
        } catch {
            roster.isStale = true
            throw error.stanzaError
        }
    }

    /// Tells every interested resource of the account what became of an item (RFC 6121 §2.1.6).
    func push(_ change: RosterChange, version: Int64, to account: JID) {
        for session in home(of: account)?.sessions ?? [] where session.isInterested {
            push(change, version: version, to: session)
        }
        tellRosterObservers(of: account) { Self.push(change, version: version, to: account) }
    }

    func push(_ change: RosterChange, version: Int64, to session: Session) {
        send(Self.push(change, version: version, to: session.jid), to: session)
    }

    private static func push(_ change: RosterChange, version: Int64, to address: JID) -> Stanza {
        let query = RosterXML.query(version: version) { query in
            RosterXML.write(change, to: &query)
        }
        return Stanza(.iq, type: .set, to: address, id: "push\(version)") { $0.append(query) }
    }
}
