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
    public func readRoster(
        of jid: JID,
        sizing collection: String,
        then done: @escaping @Sendable (Result<(Roster, LogSize), StorageError>) -> Void
    ) {
        // Who waits is told by it, and nobody waits for the task itself.
        Task {
            do throws(StorageError) {
                let roster = try await roster(of: jid)
                done(.success((roster, try await size(of: collection, of: Owner(jid)))))
            } catch {
                done(.failure(error))
            }
        }
    }
}

extension AccountStore {
    public func account(
        _ jid: JID,
        then done: @escaping @Sendable (Result<Account?, StorageError>) -> Void
    ) {
        // Who waits is told by it, and nobody waits for the task itself.
        Task {
            do throws(StorageError) {
                done(.success(try await account(jid)))
            } catch {
                done(.failure(error))
            }
        }
    }
}
