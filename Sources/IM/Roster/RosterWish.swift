import MartletCore
import MartletXML

/// What a client wants done with one item of its roster (RFC 6121 §2.1.5), checked.
struct RosterWish {
    let contact: JID
    let isRemoval: Bool
    let name: String?
    let groups: [String]

    private static let nameBytes = 1023
    private static let groupLimit = 50

    /// - Throws: `bad-request` for anything but one item with an address, or for a group named twice;
    ///   `not-acceptable` for a name that is too long, or for a group without one (RFC 6121 §2.3.3).
    init(_ query: Element?) throws(StanzaError) {
        var items = query?.children("item", in: Namespace.roster).makeIterator()
        guard let item = items?.next(), items?.next() == nil,
            let address = item.attribute("jid")
        else { throw .badRequest }
        do { contact = try JID(address) } catch { throw .jidMalformed }
        isRemoval = item.hasAttribute("subscription", "remove")
        name = item.attribute("name")
        groups = item.children("group", in: Namespace.roster).map(\.text)
        if let name, name.utf8.count > Self.nameBytes { throw .notAcceptable }
        guard Set(groups).count == groups.count else { throw .badRequest }
        let areNamed = groups.allSatisfy { !$0.isEmpty && $0.utf8.count <= Self.nameBytes }
        guard areNamed, groups.count <= Self.groupLimit else { throw .notAcceptable }
    }

    /// The item with the client's changes; what the server keeps of it stays (RFC 6121 §2.1.2).
    func applied(to item: RosterItem?) -> RosterItem {
        var item = item ?? RosterItem(contact)
        item.name = name
        item.groups = groups
        item.isInRoster = true
        return item
    }
}
