public import MartletXML

extension RosterItem {
    /// Writes the item as its user sees it (RFC 6121 §2.1.2).
    public func write(to query: inout ElementWriter) {
        query.element(
            "item",
            in: Namespace.roster,
            [
                "jid": jid.description,
                "name": name,
                "subscription": subscription.rawValue,
                "ask": isPendingOut ? "subscribe" : nil,
                "approved": isPreApproved ? "true" : nil,
            ]
        ) { writer in
            for group in groups {
                writer.element("group", in: Namespace.roster) { $0.text(group) }
            }
        }
    }
}
