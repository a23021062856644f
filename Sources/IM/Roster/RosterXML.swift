import MartletCore
import MartletStorage
import MartletXML

/// How a roster stands in XML (RFC 6121 §2.1).
enum RosterXML {
    /// The whole roster, as its user sees it.
    static func query(_ roster: UserRoster, version: Int64?) -> Element {
        query(version: version) { query in
            for item in roster.visibleItems { write(item, to: &query) }
        }
    }

    static func query(
        version: Int64?,
        _ content: (inout ElementWriter) -> Void = { _ in }
    ) -> Element {
        Element("query", in: Namespace.roster, ["ver": version.map { String($0) }], content)
    }

    static func write(_ change: RosterChange, to query: inout ElementWriter) {
        switch change {
        case .set(let item): write(item, to: &query)
        case .remove(let contact):
            query.element(
                "item",
                in: Namespace.roster,
                ["jid": contact.description, "subscription": "remove"]
            )
        }
    }

    static func write(_ item: RosterItem, to query: inout ElementWriter) {
        query.element(
            "item",
            in: Namespace.roster,
            [
                "jid": item.jid.description,
                "name": item.name,
                "subscription": item.subscription.rawValue,
                "ask": item.isPendingOut ? "subscribe" : nil,
                "approved": item.isPreApproved ? "true" : nil,
            ]
        ) { writer in
            for group in item.groups {
                writer.element("group", in: Namespace.roster) { $0.text(group) }
            }
        }
    }
}
