import MartletPluginKit

/// What users ask for.
extension Blocking {
    /// XEP-0191 §3.2.
    static func list(_ plugin: Blocking, _ arrival: Arrival) async throws(StanzaError) -> XML? {
        let account = try owner(of: arrival)
        let list = try await plugin.list(of: account).all
        if let session = arrival.session {
            _ = await plugin.site.visit(account) { $0.setState(KnowsBlocklist(), of: session) }
        }
        return XML("blocklist", in: namespace) { xml in
            for address in list.addresses { xml.element("item", ["jid": address]) }
        }
    }

    /// XEP-0191 §3.3.
    static func block(_ plugin: Blocking, _ arrival: Arrival) async throws(StanzaError) -> XML? {
        let account = try owner(of: arrival)
        let blocked = try addresses(in: arrival)
        guard !blocked.isEmpty else { throw .badRequest }
        let list = try await plugin.list(of: account)
        let known = list.all
        let new = blocked.filter { !known.contains($0.description) }
        guard known.count + new.count <= plugin.limit else { throw .tooMany }
        try await plugin.change(list, adding: new, removing: [], of: account)
        await plugin.push("block", blocked, to: account)
        return nil
    }

    /// XEP-0191 §3.4 and, of an empty command, §3.5.
    static func unblock(_ plugin: Blocking, _ arrival: Arrival) async throws(StanzaError) -> XML? {
        let account = try owner(of: arrival)
        let asked = try addresses(in: arrival)
        let list = try await plugin.list(of: account)
        let known = list.all
        let freed =
            asked.isEmpty
            ? known.addresses.compactMap { JID($0) }
            : asked.filter { known.contains($0.description) }
        try await plugin.change(list, adding: [], removing: freed, of: account)
        await plugin.push("unblock", asked, to: account)
        return nil
    }

    /// The account that asks; nobody else may see or change a list, or learn that there is one.
    private static func owner(of arrival: Arrival) throws(StanzaError) -> JID {
        guard let account = arrival.account, let from = arrival.stanza.from,
            from.isSameAccount(as: account)
        else { throw .serviceUnavailable }
        return account
    }

    private static func addresses(in arrival: Arrival) throws(StanzaError) -> [JID] {
        var addresses: [JID] = []
        var known: Set<JID> = []
        for item in arrival.stanza.payload?.children("item", in: namespace).map(\.self) ?? [] {
            guard let text = item["jid"] else { throw .badRequest }
            guard let address = JID(text) else { throw .jidMalformed }
            if known.insert(address).inserted { addresses.append(address) }
        }
        return addresses
    }

    /// Tells the sessions that asked for the list.
    func push(_ name: String, _ addresses: [JID], to account: JID) async {
        let site = site
        let payload = XML(name, in: Self.namespace) { xml in
            for address in addresses { xml.element("item", ["jid": address.description]) }
        }
        // All of them share what is in it, which may be much.
        let shared = Stanza(.iq, type: .set, to: account, id: "block", payload)
        _ = await site.visit(account) { place in
            for session in place.sessions
            where place.state(KnowsBlocklist.self, of: session.id) != nil {
                let id = "block-\(site.token(byteCount: 4))"
                let push = shared?.edited(to: .set(session.address), id: .set(id))
                if let push { place.send(push, to: session.id) }
            }
        }
    }
}

extension StanzaError {
    static let tooMany = StanzaError(.resourceConstraint, .wait, "too many addresses are blocked")
}

// MARK: Changes

extension Blocking {
    /// Stores a change, then goes by it.
    func change(
        _ list: BlockedAddresses,
        adding new: [JID],
        removing old: [JID],
        of account: JID
    ) async throws(StanzaError) {
        guard !new.isEmpty || !old.isEmpty else { return }
        try await store(adding: new, removing: old, of: account)
        let (lost, regained) = (
            await contacts(among: new, of: account), await contacts(among: old, of: account)
        )
        let site = site
        let isChanged = await site.visit(account) { place in
            let apply = {
                list.add(new)
                list.remove(old)
            }
            // Whoever else judges knows by which sessions the list goes.
            if place.changeBlocklist(new + old, apply) { return true }
            // Before the list says so: who is blocked learns that the user is gone.
            Self.appearGone(to: lost, at: place, site)
            apply()
            Self.appear(to: regained.filter { !list.blocks($0) }, at: place, site)
            return true
        }
        guard isChanged == nil else { return }
        list.add(new)
        list.remove(old)
    }

    /// Tells those among the user's contacts who are blocked now that the user is gone.
    private static func appearGone(
        to contacts: [JID],
        at place: borrowing Place,
        _ site: Site
    ) {
        guard !contacts.isEmpty else { return }
        for session in place.sessions where session.isAvailable {
            let gone = Stanza(.presence, type: .unavailable, to: nil, from: session.address)
            if let gone { site.route(gone, to: contacts) }
        }
    }

    /// Tells those who are not blocked any more what the user is.
    private static func appear(to contacts: [JID], at place: borrowing Place, _ site: Site) {
        guard !contacts.isEmpty else { return }
        for session in place.sessions {
            if let presence = session.presence { site.route(presence, to: contacts) }
        }
    }

    /// The contacts who see the user's presence and whom some of these addresses match.
    private func contacts(among addresses: [JID], of account: JID) async -> [JID] {
        guard !addresses.isEmpty,
            let roster = try? await site.accounts.roster(of: account), !roster.isEmpty
        else { return [] }
        let index = AddressIndex(addresses.map(\.description))
        let resources = Dictionary(grouping: addresses.filter { !$0.isBare }, by: \.bare)
        // What an item says is read of the few that are meant.
        return roster.flatMap { item in
            let matching = index.matches(item.jid) ? [item.jid] : resources[item.jid] ?? []
            return matching.isEmpty || !item.hasFrom ? [] : matching
        }
    }
}
