public import MartletCore
internal import MartletPostgreSQL
public import MartletStorage

extension PostgreSQLStore {
    public func account(_ jid: JID) async throws(StorageError) -> Account? {
        let result = await withCheckedContinuation { continuation in
            account(jid) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    public func account(
        _ jid: JID,
        then done: @escaping @Sendable (Result<Account?, StorageError>) -> Void
    ) {
        let domain = jid.domainpart
        // No account has an empty localpart.
        let localpart = Parameter.bytes((jid.localpart ?? "").bytes)
        prompt([ByteText(domain)]) { names in
            Query(Self.readAccount, [.integer(names[domain]), localpart])
        } then: { result in
            done(
                Result { () throws(StorageError) in
                    try result.get().accounts(in: domain).first
                }
            )
        }
    }

    public func createAccount(_ account: Account) async throws(StorageError) {
        guard let localpart = account.jid.localpart else {
            throw .invalid("an account has a localpart")
        }
        try account.created.checkStorable()
        let rows = try await run(
            Direct(
                statement: Self.makeAccount,
                names: [account.jid.domainpart],
                parameters: [
                    .bytes(localpart.bytes), .bytes(TextList.encode(account.verifiers)),
                    .boolean(account.isDisabled), .time(account.created.microseconds),
                    .bytes(account.jid.description.bytes),
                ],
                owner: Owner(account.jid)
            )
        )
        guard rows.count > 0 else { throw .conflict }
    }

    public func setVerifiers(_ verifiers: [String: String], of jid: JID)
        async throws(StorageError)
    {
        try await change(Self.writeVerifiers, jid, [.bytes(TextList.encode(verifiers))])
    }

    public func replaceVerifiers(
        _ old: [String: String],
        with new: [String: String],
        of jid: JID
    ) async throws(StorageError) {
        guard let localpart = jid.localpart else { throw .notFound }
        let rows = try await run(
            Direct(
                statement: Self.exchangeVerifiers,
                names: [jid.domainpart],
                parameters: [
                    .bytes(localpart.bytes), .bytes(TextList.encode(new)),
                    .bytes(TextList.encode(old)),
                ]
            )
        )
        guard try rows.number(0, 0) == 0 else { return }
        throw try rows.number(0, 1) == 0 ? .notFound : .conflict
    }

    public func setDisabled(_ isDisabled: Bool, of jid: JID) async throws(StorageError) {
        try await change(Self.writeDisabled, jid, [.boolean(isDisabled)])
    }

    public func removeAccount(_ jid: JID) async throws(StorageError) {
        let name = Parameter.bytes(jid.bare.description.bytes)
        try await change(Self.deleteAccount, jid, [name], locking: Owner(jid))
        noteRemoval()
    }

    public func accounts(in domain: String, after localpart: String?, limit: Int)
        async throws(StorageError) -> [Account]
    {
        try StoreBounds.check(limit: limit)
        // No localpart is empty, so that all come after the empty text.
        let after = Parameter.bytes((localpart ?? "").bytes)
        let rows = try await select(Self.listAccounts, in: domain, [after, .integer(limit)])
        return try rows.accounts(in: domain)
    }

    public func countAccounts(in domain: String) async throws(StorageError) -> Int {
        Int(try await select(Self.countAccounts, in: domain, []).number(0, 0))
    }
}

extension PostgreSQLStore {
    /// Reads by a statement whose first parameter is the number of a domain.
    private func select(_ statement: Statement, in domain: String, _ parameters: [Parameter])
        async throws(StorageError) -> Rows
    {
        let names = names
        let rows = try await read { (connection: isolated Connection) async throws(DatabaseError) in
            let met: Set = [ByteText(domain)]
            let numbers = try await names.meet(met, mayMake: false, on: connection)
            let query = Query(statement, [.integer(numbers[domain])] + parameters)
            return try await connection.round([query])
        }
        guard let first = rows.first else { throw .corrupt("an answer is missing") }
        return first
    }

    /// Changes one account by a statement that gives a row when there is one.
    private func change(
        _ statement: Statement,
        _ jid: JID,
        _ parameters: [Parameter],
        locking owner: Owner? = nil
    ) async throws(StorageError) {
        guard let localpart = jid.localpart else { throw .notFound }
        let rows = try await run(
            Direct(
                statement: statement,
                names: [jid.domainpart],
                parameters: [.bytes(localpart.bytes)] + parameters,
                owner: owner
            )
        )
        guard rows.count > 0 else { throw .notFound }
    }
}

extension Rows {
    /// Accounts of localpart, verifiers, whether they are disabled, and when they were made.
    fileprivate func accounts(in domain: String) throws(StorageError) -> [Account] {
        var accounts: [Account] = []
        for row in 0..<count {
            accounts.append(
                Account(
                    try JID(stored: try string(row, 0) + "@" + domain),
                    verifiers: try TextList.decodeTable(try content(row, 1)),
                    isDisabled: boolean(row, 2) ?? true,
                    created: try moment(row, 3)
                )
            )
        }
        return accounts
    }
}

extension String {
    var bytes: [UInt8] { Array(utf8) }
}
