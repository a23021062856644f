public import MartletCore

extension RosterStore {
    /// Adds or replaces a contact, and gives the roster's new version.
    @discardableResult
    public func setRosterItem(_ item: RosterItem, of jid: JID)
        async throws(StorageError) -> Int64
    {
        try await changeRoster([.set(item)], of: jid)
    }

    /// Removes a contact, and gives the roster's version, which stays when there was none.
    @discardableResult
    public func removeRosterItem(_ contact: JID, of jid: JID)
        async throws(StorageError) -> Int64
    {
        try await changeRoster([.remove(contact)], of: jid)
    }
}

extension Store {
    public func roster(of jid: JID, sizing collection: String)
        async throws(StorageError) -> (Roster, LogSize)
    {
        (try await roster(of: jid), try await size(of: collection, of: Owner(jid)))
    }
}
