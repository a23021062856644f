import MartletPluginKit
import Synchronization

/// A user's lists and roster, kept with the account while it is in memory.
final class PrivacyBook: Sendable {
    private struct State {
        var lists: Lists
        var version: Int64?
        var roster: [String: Contact]
        /// Stored already, and to be gone by from the next change on.
        var proposal: (lists: Lists, version: Int64)?
    }

    private let state: Mutex<State>

    init(_ lists: Lists, version: Int64?, roster: [RosterItem]) {
        var contacts: [String: Contact] = [:]
        for item in roster {
            contacts[item.jid.description] = item.node.map(Contact.init)
        }
        state = Mutex(State(lists: lists, version: version, roster: contacts))
    }

    var lists: Lists { state.withLock(\.lists) }
    var version: Int64? { state.withLock(\.version) }
    var isEmpty: Bool { state.withLock { $0.lists.rules.isEmpty } }

    /// Who sees the user's presence.
    var watchers: [JID] {
        state.withLock { state in
            state.roster.filter(\.value.seesUser).keys.sorted()
        }.compactMap { JID($0) }
    }

    func has(group name: String) -> Bool {
        state.withLock { $0.roster.values.contains { $0.groups.contains(name) } }
    }

    func roster(says item: Node) {
        guard let address = item["jid"].flatMap({ JID($0) })?.description else { return }
        let contact = item["subscription"] == "remove" ? nil : Contact(item)
        state.withLock { $0.roster[address] = contact }
    }

    /// The first rule that matches decides; where none does, all passes (XEP-0016 §2.2).
    ///
    /// `active` is the list that a session chose; nil for the default one, whose first rules are about
    /// whom the user blocks.
    func allows(_ passage: Passage, _ other: JID, by active: String?, isBlocked: Bool) -> Bool {
        state.withLock { state in
            let lists = state.lists
            if isBlocked, lists.isDefault(active) { return false }
            guard let rules = lists.rules[active ?? lists.defaultName] else { return true }
            let contact = state.roster[other.bare.description]
            return rules.first { $0.concerns(passage, other, contact) }?.isAllowed ?? true
        }
    }
}

// MARK: Changes

extension PrivacyBook {
    /// Whether a change is on its way.
    var hasProposal: Bool { state.withLock { $0.proposal != nil } }

    func propose(_ lists: Lists, version: Int64) {
        state.withLock { $0.proposal = (lists, version) }
    }

    /// Goes by what was proposed.
    func settle() {
        state.withLock { state in
            guard let proposal = state.proposal else { return }
            state.lists = proposal.lists
            state.version = proposal.version
            state.proposal = nil
        }
    }
}

/// Kept with a session that chose a list of its own; it survives a resumption.
final class ActiveList: Sendable {
    let name: String

    init(_ name: String) { self.name = name }
}

extension Place {
    /// The list that a session chose; nil for the default (XEP-0016 §2.2).
    func activeList(of session: SessionID?) -> String? {
        session.flatMap { state(ActiveList.self, of: $0)?.name }
    }
}
