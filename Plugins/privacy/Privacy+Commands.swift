import MartletPluginKit

/// What users ask for and say (XEP-0016 §2.3 to §2.8).
extension Privacy {
    static func asked(_ plugin: Privacy, _ arrival: Arrival) async throws(StanzaError) -> XML? {
        let account = try owner(of: arrival)
        let asked = arrival.stanza.payload?.children().map(\.self) ?? []
        let book = try await plugin.book(of: account)
        let lists = try await plugin.shown(book, of: account)
        guard let list = asked.first else {
            let session = arrival.session
            let active = await plugin.site.visit(account) { place in
                session.flatMap { place.state(ActiveList.self, of: $0)?.name }
            }
            return names(of: lists, active: active ?? nil)
        }
        guard asked.count == 1, list.isNamed("list", in: namespace), let name = list["name"] else {
            throw .badRequest
        }
        guard let rules = lists.rules[name] else { throw .itemNotFound }
        return XML("query", in: namespace) { query in
            query.element("list", ["name": name]) { list in
                for rule in rules { rule.write(to: &list) }
            }
        }
    }

    private static func names(of lists: Lists, active: String?) -> XML {
        XML("query", in: namespace) { query in
            if let active { query.element("active", ["name": active]) }
            if let standard = lists.standard { query.element("default", ["name": standard]) }
            for name in lists.rules.keys.sorted() { query.element("list", ["name": name]) }
        }
    }

    static func told(_ plugin: Privacy, _ arrival: Arrival) async throws(StanzaError) -> XML? {
        let account = try owner(of: arrival)
        let children = arrival.stanza.payload?.children().map(\.self) ?? []
        guard children.count == 1, let child = children.first, child.namespace == namespace,
            let session = arrival.session
        else { throw .badRequest }
        let book = try await plugin.book(of: account)
        let lists = try await plugin.shown(book, of: account)
        let name = child["name"]
        switch child.name {
        case "active": try await plugin.activate(name, session, lists, book, account)
        case "default": try await plugin.makeDefault(name, session, lists, book, account)
        case "list": try await plugin.edit(child, session, lists, book, account)
        default: throw .badRequest
        }
        return nil
    }

    /// The account that asks; nobody else may see or change a list, or learn that there is one.
    private static func owner(of arrival: Arrival) throws(StanzaError) -> JID {
        guard let account = arrival.account, let from = arrival.stanza.from,
            from.isSameAccount(as: account)
        else { throw .serviceUnavailable }
        return account
    }

    /// §2.4; without a name, none.
    private func activate(
        _ name: String?,
        _ session: SessionID,
        _ lists: Lists,
        _ book: PrivacyBook,
        _ account: JID
    ) async throws(StanzaError) {
        if let name, lists.rules[name] == nil { throw .itemNotFound }
        await change(account, book) { place in
            place.setState(name.map { ActiveList($0) }, of: session)
        }
    }

    /// §2.5; without a name, none.
    private func makeDefault(
        _ name: String?,
        _ session: SessionID,
        _ lists: Lists,
        _ book: PrivacyBook,
        _ account: JID
    ) async throws(StanzaError) {
        var lists = lists
        if let name, lists.rules[name] == nil { throw .itemNotFound }
        guard name != lists.standard else { return }
        if let standard = lists.standard {
            try await demandUnused(standard, session, book, account, orActive: false)
        }
        lists.standard = name
        try await keep(lists, book, account)
    }

    /// §2.6 to §2.8: a list with items is stored as it is, one without is removed.
    private func edit(
        _ list: Node,
        _ session: SessionID,
        _ lists: Lists,
        _ book: PrivacyBook,
        _ account: JID
    ) async throws(StanzaError) {
        guard let name = list["name"], !name.isEmpty, name.utf8.count <= 1_024 else {
            throw .badRequest
        }
        var lists = lists
        let rules = try rules(in: list, book)
        guard !rules.isEmpty else {
            guard lists.rules.removeValue(forKey: name) != nil else { throw .itemNotFound }
            try await demandUnused(name, session, book, account, orActive: true)
            if lists.standard == name { lists.standard = nil }
            return try await keep(lists, book, account) { place in
                guard place.state(ActiveList.self, of: session)?.name == name else { return }
                place.setState(nil as ActiveList?, of: session)
            }
        }
        lists.rules[name] = rules
        guard lists.rules.count <= settings.maximumLists else {
            throw StanzaError(.resourceConstraint, .wait, "too many lists")
        }
        try await keep(lists, book, account)
        _ = await site.visit(account) { [self] in push(name, at: $0) }
    }

    private func rules(in list: Node, _ book: PrivacyBook) throws(StanzaError) -> [Rule] {
        var rules: [Rule] = []
        var orders: Set<UInt32> = []
        let limit = settings.maximumItems + (site.blocklist?.limit ?? 0)
        for item in list.children() {
            guard item.isNamed("item", in: Self.namespace) else { throw .badRequest }
            guard rules.count < limit else { throw .tooManyItems }
            let rule = try Rule(item)
            guard orders.insert(rule.order).inserted else { throw .badRequest }
            if case .group(let name) = rule.subject, !book.has(group: name) { throw .itemNotFound }
            rules.append(rule)
        }
        return rules.sorted { $0.order < $1.order }
    }

    /// - Throws: `conflict` when a list goes for another session than this one (§2.2).
    private func demandUnused(
        _ name: String,
        _ session: SessionID,
        _ book: PrivacyBook,
        _ account: JID,
        orActive: Bool
    ) async throws(StanzaError) {
        let isUsed = await site.visit(account) { place in
            place.sessions.contains { other in
                guard other.id != session else { return false }
                let active = place.activeList(of: other.id)
                guard let active else { return book.lists.defaultName == name }
                return active == name && orActive
            }
        }
        if isUsed == true { throw .conflict }
    }

    /// §2.2: every connected resource learns which list is another now.
    func push(_ name: String, at place: borrowing Place) {
        let payload = XML("query", in: Self.namespace) { $0.element("list", ["name": name]) }
        for session in place.sessions {
            let id = "privacy-\(site.token(byteCount: 4))"
            let push = Stanza(.iq, type: .set, to: session.address, id: id, payload)
            if let push { place.send(push, to: session.id) }
        }
    }
}
