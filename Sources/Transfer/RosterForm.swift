internal import MartletCore
internal import MartletXML

/// Contacts and requests (XEP-0227 §4.4, §4.9), an item or a presence for each.
enum RosterForm {
    /// Nil for what was never shown to the user and stands there for a request alone.
    static func element(_ item: RosterItem) -> Element? {
        guard item.isInRoster || item != requestAlone(item) else { return nil }
        let query = Element("query", in: Namespace.roster) { item.write(to: &$0) }
        return query.firstChild?.detached()
    }

    /// What tells an item from one that its user sees.
    static func aside(_ item: RosterItem) -> KeyValuePairs<String, String?> {
        ["hidden": item.isInRoster ? nil : "true"]
    }

    private static func requestAlone(_ item: RosterItem) -> RosterItem {
        RosterItem(
            item.jid,
            isPendingIn: true,
            pendingRequest: item.pendingRequest,
            isInRoster: false
        )
    }

    /// The request that a contact waits for an answer to, as it came or, where that is not known, made.
    static func request(_ item: RosterItem) -> (element: Element, isMade: Bool)? {
        if let bytes = item.pendingRequest, let elements = Canonical.elements(bytes),
            elements.count == 1, Canonical.bytes(of: elements[0]) == bytes,
            sender(of: elements[0]) == item.jid
        {
            return (elements[0], false)
        }
        guard item.isPendingIn || item.pendingRequest != nil else { return nil }
        let from = item.jid.description
        return (Element("presence", ["from": from, "type": "subscribe"]), true)
    }

    static func sender(of presence: Element) -> JID? {
        guard presence["type"] == "subscribe" else { return nil }
        return presence["from"].flatMap { try? JID($0).bare }
    }

    /// Nil for what is no item.
    static func item(_ element: Element, _ aside: [String: String]) -> RosterItem? {
        guard let jid = element["jid"].flatMap({ try? JID($0) }),
            let subscription = Subscription(rawValue: element["subscription"] ?? "none")
        else { return nil }
        var groups: [String] = []
        for group in element.children("group", in: Namespace.roster) {
            let text = group.text
            if !groups.contains(where: { $0.utf8.elementsEqual(text.utf8) }) { groups.append(text) }
        }
        return RosterItem(
            jid,
            name: element["name"],
            groups: groups,
            subscription: subscription,
            isPendingOut: element["ask"] == "subscribe",
            isPreApproved: ["true", "1"].contains(element["approved"]),
            isInRoster: aside["hidden"] != "true"
        )
    }

    /// Notes a request in what is known of the contact.
    static func add(_ presence: Element, from contact: JID, isMade: Bool, to item: inout RosterItem)
    {
        item.isPendingIn = true
        item.pendingRequest = isMade ? nil : Canonical.bytes(of: presence)
    }
}
