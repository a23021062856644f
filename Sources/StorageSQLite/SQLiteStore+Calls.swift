public import MartletCore
public import MartletStorage

extension SQLiteStore {
    public func account(_ jid: JID) async throws(StorageError) -> Account? {
        try await reader.call { (database) throws(StorageError) in try database.account(jid) }
    }

    public func account(
        _ jid: JID,
        then done: @escaping @Sendable (Result<Account?, StorageError>) -> Void
    ) {
        reader.call(
            cost: 0,
            { (database) throws(StorageError) in try database.account(jid) },
            then: done
        )
    }

    public func createAccount(_ account: Account) async throws(StorageError) {
        try await writer.call { (database) throws(StorageError) in try database.create(account) }
    }

    public func setVerifiers(_ verifiers: [String: String], of jid: JID)
        async throws(StorageError)
    {
        try await writer.call { (database) throws(StorageError) in
            try database.setVerifiers(verifiers, of: jid)
        }
    }

    public func replaceVerifiers(
        _ old: [String: String],
        with new: [String: String],
        of jid: JID
    ) async throws(StorageError) {
        try await writer.call { (database) throws(StorageError) in
            try database.replaceVerifiers(old, with: new, of: jid)
        }
    }

    public func setDisabled(_ isDisabled: Bool, of jid: JID) async throws(StorageError) {
        try await writer.call { (database) throws(StorageError) in
            try database.setDisabled(isDisabled, of: jid)
        }
    }

    public func removeAccount(_ jid: JID) async throws(StorageError) {
        try await writer.call { (database) throws(StorageError) in
            try database.removeAccount(jid)
        }
    }

    public func accounts(in domain: String, after localpart: String?, limit: Int)
        async throws(StorageError) -> [Account]
    {
        try StoreBounds.check(limit: limit)
        return try await reader.call { (database) throws(StorageError) in
            try database.accounts(in: domain, after: localpart, limit: limit)
        }
    }

    public func countAccounts(in domain: String) async throws(StorageError) -> Int {
        try await reader.call { (database) throws(StorageError) in
            try database.countAccounts(in: domain)
        }
    }
}

extension SQLiteStore {
    public func roster(of jid: JID) async throws(StorageError) -> Roster {
        try await reader.call { (database) throws(StorageError) in
            try database.roster(of: Owner(jid))
        }
    }

    public func readRoster(
        of jid: JID,
        sizing collection: String,
        then done: @escaping @Sendable (Result<(Roster, LogSize), StorageError>) -> Void
    ) {
        reader.call(
            cost: 0,
            { (database) throws(StorageError) in
                guard let owner = try database.knownOwner(Owner(jid)) else {
                    return (Roster(), LogSize())
                }
                let size = try database.size(of: collection, ofOwner: owner)
                return (try database.roster(ofOwner: owner), size)
            },
            then: done
        )
    }

    public func rosterItem(_ contact: JID, of jid: JID) async throws(StorageError) -> RosterItem? {
        try await reader.call { (database) throws(StorageError) in
            try database.rosterItem(contact, of: Owner(jid))
        }
    }

    public func countRosterItems(of jid: JID) async throws(StorageError) -> Int {
        try await reader.call { (database) throws(StorageError) in
            try database.countRosterItems(of: Owner(jid))
        }
    }

    @discardableResult
    public func changeRoster(_ changes: [RosterChange], of jid: JID)
        async throws(StorageError) -> Int64
    {
        let cost = changes.reduce(0) { $0 + $1.bytes }
        return try await writer.call(cost: cost) { (database) throws(StorageError) in
            try database.changeRoster(changes, of: Owner(jid))
        }
    }

    public func rosterChanges(of jid: JID, since version: Int64)
        async throws(StorageError) -> RosterHistory?
    {
        try await reader.call { (database) throws(StorageError) in
            try database.rosterHistory(of: Owner(jid), since: version)
        }
    }
}

extension SQLiteStore {
    @discardableResult
    public func perform(_ operations: [Operation], of owner: Owner)
        async throws(StorageError) -> [Outcome]
    {
        try StoreBounds.check(operations, of: owner)
        return try await worker(for: operations).call(
            cost: operations.reduce(0) { $0 + $1.valueBytes },
            body(operations, owner)
        )
    }

    public func perform(
        _ operations: [Operation],
        of owner: Owner,
        then done: @escaping @Sendable (Result<[Outcome], StorageError>) -> Void
    ) {
        do throws(StorageError) {
            try StoreBounds.check(operations, of: owner)
        } catch {
            return Worker.later { done(.failure(error)) }
        }
        worker(for: operations).call(
            cost: operations.reduce(0) { $0 + $1.valueBytes },
            body(operations, owner),
            then: done
        )
    }

    private func worker(for operations: [Operation]) -> Worker {
        operations.allSatisfy(\.isRead) ? reader : writer
    }

    private func body(_ operations: [Operation], _ owner: Owner) -> Call<[Outcome]>.Body {
        let moment = now()
        return { (database) throws(StorageError) in
            var outcomes: [Outcome] = []
            for operation in operations {
                outcomes.append(try database.perform(operation, of: owner, at: moment))
            }
            return outcomes
        }
    }

    public func removeAll(of owner: Owner) async throws(StorageError) {
        try await writer.call { (database) throws(StorageError) in
            try database.removeOwner(owner)
        }
    }

    public func removeExpiredDocuments(limit: Int) async throws(StorageError) -> Int {
        try StoreBounds.check(limit: limit)
        let moment = now()
        return try await writer.call { (database) throws(StorageError) in
            try database.removeExpiredDocuments(limit: limit, at: moment)
        }
    }
}

extension RosterChange {
    /// What it keeps in memory beside the address.
    fileprivate var bytes: Int {
        guard case .set(let item) = self else { return 0 }
        let groups = item.groups.reduce(0) { $0 + $1.utf8.count }
        return groups + (item.name?.utf8.count ?? 0) + (item.pendingRequest?.count ?? 0)
    }
}

extension Operation {
    fileprivate var valueBytes: Int {
        switch self {
        case .put(_, _, let value, _, _): value.count
        case .append(let entries, _): entries.reduce(0) { $0 + $1.value.count }
        default: 0
        }
    }
}
