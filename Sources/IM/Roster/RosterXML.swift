import MartletCore
import MartletStorage
import MartletXML

/// How a roster stands in XML (RFC 6121 §2.1).
enum RosterXML {
    /// The whole roster, as its user sees it.
    static func query(_ roster: UserRoster, version: Int64?) -> Element {
        query(version: version) { query in
            for item in roster.visibleItems { item.write(to: &query) }
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
        case .set(let item): item.write(to: &query)
        case .remove(let contact):
            query.element(
                "item",
                in: Namespace.roster,
                ["jid": contact.description, "subscription": "remove"]
            )
        }
    }
}
