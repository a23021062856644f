package import MartletCore
package import MartletStorage

/// A store of the tests, which does as one in memory does but where it says otherwise itself.
package protocol ForwardingStore: Store {
    var store: MemoryStore { get }
}

extension ForwardingStore {
    package func close() async { await store.close() }

    package func account(_ jid: JID) async throws(StorageError) -> Account? {
        try await store.account(jid)
    }

    package func createAccount(_ account: Account) async throws(StorageError) {
        try await store.createAccount(account)
    }

    package func replaceVerifiers(
        _ old: [String: String],
        with new: [String: String],
        of jid: JID
    ) async throws(StorageError) {
        try await store.replaceVerifiers(old, with: new, of: jid)
    }

    package func setVerifiers(_ verifiers: [String: String], of jid: JID) async throws(StorageError)
    {
        try await store.setVerifiers(verifiers, of: jid)
    }

    package func setDisabled(_ isDisabled: Bool, of jid: JID) async throws(StorageError) {
        try await store.setDisabled(isDisabled, of: jid)
    }

    package func removeAccount(_ jid: JID) async throws(StorageError) {
        try await store.removeAccount(jid)
    }

    package func accounts(in domain: String, after localpart: String?, limit: Int)
        async throws(StorageError) -> [Account]
    {
        try await store.accounts(in: domain, after: localpart, limit: limit)
    }

    package func countAccounts(in domain: String) async throws(StorageError) -> Int {
        try await store.countAccounts(in: domain)
    }

    package func roster(of jid: JID) async throws(StorageError) -> Roster {
        try await store.roster(of: jid)
    }

    package func rosterItem(_ contact: JID, of jid: JID) async throws(StorageError) -> RosterItem? {
        try await store.rosterItem(contact, of: jid)
    }

    package func countRosterItems(of jid: JID) async throws(StorageError) -> Int {
        try await store.countRosterItems(of: jid)
    }

    package func changeRoster(_ changes: [RosterChange], of jid: JID) async throws(StorageError)
        -> Int64
    {
        try await store.changeRoster(changes, of: jid)
    }

    package func rosterChanges(of jid: JID, since version: Int64)
        async throws(StorageError) -> RosterHistory?
    {
        try await store.rosterChanges(of: jid, since: version)
    }

    package func perform(
        _ operations: [Operation],
        of owner: Owner
    ) async throws(StorageError) -> [Outcome] {
        try await store.perform(operations, of: owner)
    }

    package func perform(
        _ operations: [Operation],
        of owner: Owner,
        then done: @escaping @Sendable (Result<[Outcome], StorageError>) -> Void
    ) {
        store.perform(operations, of: owner, then: done)
    }

    package func removeAll(of owner: Owner) async throws(StorageError) {
        try await store.removeAll(of: owner)
    }

    package func removeExpiredDocuments(limit: Int) async throws(StorageError) -> Int {
        try await store.removeExpiredDocuments(limit: limit)
    }

    package func domains(after domain: String?, limit: Int) async throws(StorageError) -> [String] {
        try await store.domains(after: domain, limit: limit)
    }

    package func owners(in domain: String, after name: String?, limit: Int)
        async throws(StorageError) -> [Owner]
    {
        try await store.owners(in: domain, after: name, limit: limit)
    }

    package func collections(of owner: Owner) async throws(StorageError) -> OwnedCollections {
        try await store.collections(of: owner)
    }

    package func newestNumber() async throws(StorageError) -> Int64 {
        try await store.newestNumber()
    }

    package func skipNumbers(through number: Int64) async throws(StorageError) {
        try await store.skipNumbers(through: number)
    }
}
