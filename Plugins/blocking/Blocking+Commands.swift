import MartletPluginKit

/// What users ask for.
extension Blocking {
    /// XEP-0191 §3.2.
    static func list(_ plugin: Blocking, _ arrival: Arrival) async throws(StanzaError) -> XML? {
        let account = try owner(of: arrival)
        let list = try await plugin.list(of: account)
        if let session = arrival.session {
            _ = await plugin.site.visit(account) { $0.setState(KnowsBlocklist(), of: session) }
        }
        return XML("blocklist", in: namespace) { list.write(to: &$0) }
    }

    /// XEP-0191 §3.3.
    static func block(_ plugin: Blocking, _ arrival: Arrival) async throws(StanzaError) -> XML? {
        let account = try owner(of: arrival)
        let blocked = try addresses(in: arrival)
        guard !blocked.isEmpty else { throw .badRequest }
        let list = try await plugin.list(of: account)
        let new = blocked.filter { !list.contains($0) }
        guard list.count + new.count <= plugin.limit else {
            throw StanzaError(.resourceConstraint, .wait, "too many addresses are blocked")
        }
        try await plugin.store(
            blocked.map { .put(key: $0.description, in: collection, value: [1]) },
            of: account
        )
        // Before the list says so: who is blocked learns that the user is gone.
        await plugin.appearGone(to: new, account)
        list.add(blocked)
        await plugin.push("block", blocked, to: account)
        return nil
    }

    /// XEP-0191 §3.4 and, of an empty command, §3.5.
    static func unblock(_ plugin: Blocking, _ arrival: Arrival) async throws(StanzaError) -> XML? {
        let account = try owner(of: arrival)
        let asked = try addresses(in: arrival)
        let list = try await plugin.list(of: account)
        let freed = asked.isEmpty ? list.all.compactMap(JID.init) : asked
        try await plugin.store(
            freed.map { .delete(key: $0.description, in: collection) },
            of: account
        )
        let known = freed.filter { list.contains($0) }
        if asked.isEmpty { list.removeAll() } else { list.remove(freed) }
        await plugin.appear(to: known, account)
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

    /// In portions that any store takes; each is whole, and a later one that fails can be asked for
    /// again.
    private func store(_ operations: [Operation], of account: JID) async throws(StanzaError) {
        do throws(StoreError) {
            var rest = operations[...]
            while !rest.isEmpty {
                _ = try await site.store.perform(Array(rest.prefix(200)), of: .account(account))
                rest = rest.dropFirst(200)
            }
        } catch {
            throw error.stanzaError
        }
    }

    /// Tells the sessions that asked for the list.
    private func push(_ name: String, _ addresses: [JID], to account: JID) async {
        let site = site
        let payload = XML(name, in: Self.namespace) { xml in
            for address in addresses { xml.element("item", ["jid": address.description]) }
        }
        _ = await site.visit(account) { place in
            for session in place.sessions
            where place.state(KnowsBlocklist.self, of: session.id) != nil {
                let id = "block-\(site.token(byteCount: 4))"
                let push = Stanza(.iq, type: .set, to: session.address, id: id, payload)
                if let push { place.send(push, to: session.id) }
            }
        }
    }
}

extension BlockedAddresses {
    fileprivate func write(to xml: inout XML) {
        for address in all { xml.element("item", ["jid": address]) }
    }
}

// MARK: Presence

extension Blocking {
    /// Tells those among the user's contacts who are blocked now that the user is gone.
    private func appearGone(to blocked: [JID], _ account: JID) async {
        let contacts = await contacts(among: blocked, of: account)
        guard !contacts.isEmpty else { return }
        let site = site
        _ = await site.visit(account) { place in
            for session in place.sessions where session.isAvailable {
                let gone = Stanza(.presence, type: .unavailable, to: nil, from: session.address)
                if let gone { site.route(gone, to: contacts) }
            }
        }
    }

    /// Tells those who are not blocked any more what the user is.
    private func appear(to freed: [JID], _ account: JID) async {
        let contacts = await contacts(among: freed, of: account)
        guard !contacts.isEmpty else { return }
        let site = site
        _ = await site.visit(account) { place in
            let list = place.state(BlockedAddresses.self)
            let told = contacts.filter { list?.blocks($0) != true }
            for session in place.sessions {
                if let presence = session.presence { site.route(presence, to: told) }
            }
        }
    }

    /// The contacts who see the user's presence and whom some of these addresses match.
    private func contacts(among addresses: [JID], of account: JID) async -> [JID] {
        guard let roster = try? await site.accounts.roster(of: account) else { return [] }
        let matching = BlockedAddresses(addresses.map(\.description))
        let resources = Dictionary(grouping: addresses.filter { !$0.isBare }, by: \.bare)
        return roster.filter(\.hasFrom).flatMap { item in
            matching.blocks(item.jid) ? [item.jid] : resources[item.jid] ?? []
        }
    }
}
