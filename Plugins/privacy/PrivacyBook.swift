import MartletPluginKit
import Synchronization

/// A user's lists as they are stored.
struct Lists: Codable, Sendable {
    /// Each in ascending order.
    var rules: [String: [Rule]] = [:]
    /// The name of the default list.
    var standard: String?
}

/// A user's lists and roster, kept with the account while it is in memory.
final class PrivacyBook: Sendable {
    private struct State {
        var lists: Lists
        var version: Int64?
        var roster: [String: Contact]
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

    func replace(_ lists: Lists, version: Int64) {
        state.withLock { state in
            state.lists = lists
            state.version = version
        }
    }

    func roster(says item: Node) {
        guard let address = item["jid"].flatMap({ JID($0) })?.description else { return }
        let contact = item["subscription"] == "remove" ? nil : Contact(item)
        state.withLock { $0.roster[address] = contact }
    }

    /// The first rule that matches decides; where none does, all passes (XEP-0016 §2.2).
    func allows(_ passage: Passage, _ other: JID, by list: String?) -> Bool {
        state.withLock { state in
            guard let list, let rules = state.lists.rules[list] else { return true }
            let contact = state.roster[other.bare.description]
            return rules.first { $0.concerns(passage, other, contact) }?.isAllowed ?? true
        }
    }
}

/// Kept with a session that chose a list of its own; it survives a resumption.
final class ActiveList: Sendable {
    let name: String

    init(_ name: String) { self.name = name }
}

extension Place {
    /// The list that goes for a session: its active one, else the default (XEP-0016 §2.2).
    func list(of session: SessionID?, _ book: PrivacyBook) -> String? {
        session.flatMap { state(ActiveList.self, of: $0)?.name } ?? book.lists.standard
    }
}
