import MartletPluginKit

/// Each address is a document, so that a command writes what it changes, and one look-up can be answered
/// without the rest.
extension Blocking {
    /// How many documents are written or read in one step.
    private static let portion = 500

    /// The list of an account, read from the store when it is first wanted, and kept with the account while
    /// it has sessions.
    func list(of account: JID) async throws(StanzaError) -> BlockedAddresses {
        if let kept = await kept(of: account).list { return kept }
        let stored = try await stored(account)
        // Another may have read it meanwhile, and changed what it read.
        return await site.visit(account) { place in
            if let kept = place.state(BlockedAddresses.self) { return kept }
            let list = BlockedAddresses(stored)
            place.setState(list)
            return list
        } ?? BlockedAddresses(stored)
    }

    /// Of an account without sessions only what can match is read: its list would be read anew for each
    /// stanza.
    func blocks(_ address: JID, for account: JID) async throws(StanzaError) -> Bool {
        let (kept, isOnline) = await kept(of: account)
        if let kept { return kept.blocks(address) }
        if isOnline { return try await list(of: account).blocks(address) }
        do throws(StoreError) {
            return try await site.store.perform(
                Self.matches(of: address).map { .get(key: $0, in: Self.collection) },
                of: .account(account)
            ).contains { $0.document != nil }
        } catch {
            throw error.stanzaError
        }
    }

    private func kept(of account: JID) async -> (list: BlockedAddresses?, isOnline: Bool) {
        await site.visit(account) { place in
            (place.state(BlockedAddresses.self), !place.sessions.isEmpty)
        } ?? (nil, false)
    }

    /// XEP-0191 §6.
    private static func matches(of address: JID) -> Set<String> {
        var matches: Set = [
            address.description, address.bare.description, address.domainpart,
        ]
        if let resource = address.resourcepart {
            matches.insert("\(address.domainpart)/\(resource)")
        }
        return matches
    }

    private func stored(_ account: JID) async throws(StanzaError) -> [String] {
        var all: [String] = []
        do throws(StoreError) {
            while true {
                let page = Operation.list(
                    in: Self.collection,
                    after: all.last,
                    limit: Self.portion
                )
                let keys = try await site.store.perform(page, of: .account(account))
                    .documents.map(\.key)
                all += keys
                if keys.count < Self.portion { return all }
            }
        } catch {
            throw error.stanzaError
        }
    }

    /// In portions that any store takes; each is whole, and a later one that fails can be asked for
    /// again.
    func store(
        adding new: [JID],
        removing old: [JID],
        of account: JID
    ) async throws(StanzaError) {
        var rest =
            (old.map { Operation.delete(key: $0.description, in: Self.collection) }
            + new.map { Operation.put(key: $0.description, in: Self.collection, value: [1]) })[...]
        do throws(StoreError) {
            while !rest.isEmpty {
                _ = try await site.store.perform(
                    Array(rest.prefix(Self.portion)),
                    of: .account(account)
                )
                rest = rest.dropFirst(Self.portion)
            }
        } catch {
            throw error.stanzaError
        }
    }
}

// MARK: For other plugins

extension Blocking: BlocklistKeeper {
    func blocklist(of account: JID) async throws(StanzaError) -> [String] {
        try await list(of: account).all.addresses
    }

    func replaceBlocklist(of account: JID, with addresses: [JID]) async throws(StanzaError) {
        let new = AddressIndex(addresses.map(\.description))
        guard new.count <= limit else { throw .tooMany }
        let list = try await list(of: account)
        let old = list.all
        let added = addresses.filter { !old.contains($0.description) }
        let removed = old.addresses.filter { !new.contains($0) }.compactMap { JID($0) }
        try await change(list, adding: added, removing: removed, of: account)
        if !removed.isEmpty { await push("unblock", removed, to: account) }
        if !added.isEmpty { await push("block", added, to: account) }
    }

    func blocks(_ address: JID, at place: borrowing Place) -> Bool? {
        place.state(BlockedAddresses.self)?.blocks(address)
    }
}
