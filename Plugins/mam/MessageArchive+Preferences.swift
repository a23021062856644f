import MartletPluginKit

extension MessageArchive {
    /// Whether an account's messages to and from an address are archived (XEP-0441 §2.3).
    func archives(_ peer: JID, for account: JID) async throws(StoreError) -> Bool {
        let preferences = try await preferences(of: account)
        if let listed = preferences.listed(peer) { return listed }
        switch preferences.default {
        case .always: return true
        case .never: return false
        case .roster: return try await contacts(of: account).contains(peer.bare)
        }
    }

    /// The same as far as it is in memory; nil when the store has to be asked.
    func knows(whetherToArchive peer: JID, for account: JID) -> Bool? {
        guard let known = preferences.preferences(of: account) else { return nil }
        if let listed = known.listed(peer) { return listed }
        switch known.default {
        case .always: return true
        case .never: return false
        case .roster: return preferences.contacts(of: account).known?.contains(peer.bare)
        }
    }

    private func preferences(of account: JID) async throws(StoreError) -> Preferences {
        if let known = preferences.preferences(of: account) { return known }
        let documents = Documents<Preferences>(Preferences.collection, at: site)
        let found = try await documents.get(Preferences.document, of: .account(account))?.value
        let read = found ?? Preferences(default: settings.default)
        preferences.keep(read, of: account, isNew: false)
        return read
    }

    private func contacts(of account: JID) async throws(StoreError) -> Set<JID> {
        let (known, rosterChanges) = preferences.contacts(of: account)
        if let known { return known }
        do {
            let read = Set(try await site.accounts.roster(of: account).map(\.jid.bare))
            preferences.keep(read, of: account, readAt: rosterChanges)
            return read
        } catch {
            throw .failed
        }
    }

    func showPreferences(_ arrival: Arrival) async throws(StanzaError) -> XML? {
        let account = try Self.requireOwn(arrival.stanza, arrival.account)
        do {
            return try await preferences(of: account).xml
        } catch {
            throw error.stanzaError
        }
    }

    func changePreferences(_ arrival: Arrival) async throws(StanzaError) -> XML? {
        let account = try Self.requireOwn(arrival.stanza, arrival.account)
        guard let payload = arrival.stanza.payload else { throw .badRequest }
        let wanted = try Preferences(payload, limit: settings.preferenceEntries)
        do {
            let documents = Documents<Preferences>(Preferences.collection, at: site)
            try await documents.put(wanted, under: Preferences.document, of: .account(account))
        } catch {
            throw error.stanzaError
        }
        preferences.keep(wanted, of: account, isNew: true)
        return wanted.xml
    }
}

extension Preferences {
    /// Reads what a client wants (XEP-0441 §2.1).
    init(_ payload: Node, limit: Int) throws(StanzaError) {
        guard let chosen = payload["default"].flatMap(Default.init(rawValue:)) else {
            throw StanzaError(.badRequest, .modify, "default is always, never or roster")
        }
        self.default = chosen
        always = try Self.addresses("always", in: payload)
        never = try Self.addresses("never", in: payload)
        guard always.count + never.count <= limit else {
            throw StanzaError(.resourceConstraint, .modify, "at most \(limit) addresses")
        }
    }

    private static func addresses(_ list: String, in payload: Node) throws(StanzaError) -> [String]
    {
        guard let list = payload.child(list, in: MessageArchive.namespace) else { return [] }
        var addresses: [String] = []
        for item in list.children("jid", in: MessageArchive.namespace) {
            guard let address = JID(item.text) else { throw .jidMalformed }
            if !addresses.contains(address.description) { addresses.append(address.description) }
        }
        return addresses
    }

    var xml: XML {
        XML("prefs", in: MessageArchive.namespace, ["default": self.default.rawValue]) { prefs in
            for (name, addresses) in [("always", always), ("never", never)] {
                prefs.element(name) { list in
                    for address in addresses { list.element("jid") { $0.text(address) } }
                }
            }
        }
    }
}
