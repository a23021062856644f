internal import MartletCore

/// All that a ``MemoryStore`` holds.
struct MemoryState {
    var accounts: [ByteText: [ByteText: Account]] = [:]
    var owners: [Owner: MemoryOwner] = [:]
    var isClosed = false
    /// The last number given out: versions and ids of the whole store come from one row of numbers.
    var sequence: Int64 = 0

    func account(_ jid: JID) -> Account? {
        accounts[ByteText(jid.domainpart)]?[ByteText(jid.localpart ?? "")]
    }

    mutating func create(_ account: Account) throws(StorageError) {
        guard let localpart = account.jid.localpart else {
            throw .invalid("an account has a localpart")
        }
        guard self.account(account.jid) == nil else { throw .conflict }
        accounts[ByteText(account.jid.domainpart), default: [:]][ByteText(localpart)] = account
        owners[Owner(account.jid)] = nil
    }

    mutating func update(_ jid: JID, _ change: (inout Account) -> Void) throws(StorageError) {
        guard var account = account(jid), let localpart = jid.localpart else { throw .notFound }
        change(&account)
        accounts[ByteText(jid.domainpart)]?[ByteText(localpart)] = account
    }

    mutating func remove(_ jid: JID) throws(StorageError) {
        let domain = ByteText(jid.domainpart)
        let removed = accounts[domain]?.removeValue(forKey: ByteText(jid.localpart ?? ""))
        guard removed != nil else { throw .notFound }
        if accounts[domain]?.isEmpty == true { accounts[domain] = nil }
        owners[Owner(jid)] = nil
    }

    func accounts(in domain: String, after localpart: String?, limit: Int) -> [Account] {
        let all = (accounts[ByteText(domain)] ?? [:]).sorted { $0.key < $1.key }
        let rest = all.drop { entry in localpart.map { entry.key <= ByteText($0) } ?? false }
        return rest.prefix(limit).map(\.value)
    }

    mutating func changeRoster(_ changes: [RosterChange], of owner: Owner) -> Int64 {
        for change in changes {
            owners[owner, default: MemoryOwner()].roster.apply(change, sequence: &sequence)
        }
        return owners[owner]?.roster.version ?? 0
    }

    /// Works on a copy of the owner, which takes the owner's place when nothing was thrown.
    mutating func perform(_ operations: [Operation], of owner: Owner, at moment: Timestamp)
        throws(StorageError) -> [Outcome]
    {
        var owned = owners[owner] ?? MemoryOwner()
        // A lone operation throws before it changes anything, so that it needs no copy to go back to.
        if operations.count == 1 { owners[owner] = nil }
        var outcomes: [Outcome] = []
        do {
            for operation in operations {
                outcomes.append(try owned.perform(operation, at: moment, sequence: &sequence))
            }
        } catch {
            if operations.count == 1 { keep(owned, of: owner) }
            throw error
        }
        keep(owned, of: owner)
        return outcomes
    }

    private mutating func keep(_ owned: MemoryOwner, of owner: Owner) {
        owners[owner] = owned.isEmpty ? nil : owned
    }

    mutating func removeExpiredDocuments(limit: Int, at moment: Timestamp) -> Int {
        var removed = 0
        for owner in Array(owners.keys) where removed < limit {
            let more = owners[owner]?.removeExpired(limit: limit - removed, at: moment) ?? 0
            removed += more
        }
        return removed
    }
}
