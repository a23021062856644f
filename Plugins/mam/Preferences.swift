import MartletPluginKit
import Synchronization

/// With whom a user's messages are archived (XEP-0441 §2).
struct Preferences: Codable, Sendable {
    static let collection = "archive-preferences"
    static let document = "preferences"

    /// For addresses in neither list (XEP-0441 §2.1.1).
    enum Default: String, Codable, Sendable { case always, never, roster }

    var `default`: Default
    /// Addresses, bare or full, as prepared.
    var always: [String] = []
    var never: [String] = []

    /// What the lists say of an address: a full one before a bare one, and never before always
    /// (XEP-0441 §2.3.1); nil when they say nothing.
    func listed(_ peer: JID) -> Bool? {
        for address in [peer.description, peer.bare.description] {
            if never.contains(address) { return false }
            if always.contains(address) { return true }
        }
        return nil
    }
}

/// Preferences and contacts that were asked for before.
final class PreferenceCache: Sendable {
    private struct State {
        var preferences: [JID: Preferences] = [:]
        var contacts: [JID: Set<JID>] = [:]
        /// Counts changes of rosters: what was read before one is not kept.
        var rosterChanges = 0
    }

    private static let limit = 10_000
    private let state = Mutex(State())
    private let changes = Atomic(0)

    /// How often preferences were changed, or forgotten with their account.
    var generation: Int { changes.load(ordering: .acquiring) }

    func preferences(of account: JID) -> Preferences? {
        state.withLock { $0.preferences[account] }
    }

    /// Keeps what was read, if nothing newer is there, or what was written.
    func keep(_ preferences: Preferences, of account: JID, isNew: Bool) {
        state.withLock { state in
            if state.preferences.count >= Self.limit { state.preferences.removeAll() }
            if isNew || state.preferences[account] == nil {
                state.preferences[account] = preferences
            }
        }
        if isNew { changes.add(1, ordering: .releasing) }
    }

    func contacts(of account: JID) -> (known: Set<JID>?, rosterChanges: Int) {
        state.withLock { ($0.contacts[account], $0.rosterChanges) }
    }

    func keep(_ contacts: Set<JID>, of account: JID, readAt rosterChanges: Int) {
        state.withLock { state in
            guard state.rosterChanges == rosterChanges else { return }
            if state.contacts.count >= Self.limit { state.contacts.removeAll() }
            state.contacts[account] = contacts
        }
    }

    func forgetContacts(of account: JID) {
        state.withLock {
            $0.contacts[account] = nil
            $0.rosterChanges += 1
        }
    }

    func forget(_ account: JID) {
        state.withLock { $0.preferences[account] = nil }
        forgetContacts(of: account)
        changes.add(1, ordering: .releasing)
    }
}
