internal import MartletCore
internal import MartletStorage

extension Database {
    func account(_ jid: JID) throws(StorageError) -> Account? {
        guard let (domain, localpart) = try key(of: jid) else { return nil }
        return try row(
            """
            SELECT localpart, verifiers, is_disabled, created FROM account
            WHERE domain = ? AND localpart = ?
            """,
            domain,
            localpart
        ) { (row) throws(StorageError) in try Account(row, in: jid.domainpart) }
    }

    func create(_ account: Account) throws(StorageError) {
        guard let localpart = account.jid.localpart else {
            throw .invalid("an account has a localpart")
        }
        let domain = try name(account.jid.domainpart)
        try run(
            """
            INSERT INTO account (domain, localpart, verifiers, is_disabled, created)
            VALUES (?, ?, ?, ?, ?)
            """,
            .integer(domain),
            .text(localpart),
            .bytes(TextList.encode(account.verifiers)),
            .integer(account.isDisabled ? 1 : 0),
            .integer(account.created.microseconds)
        )
        try removeOwner(Owner(account.jid))
    }

    func setVerifiers(_ verifiers: [String: String], of jid: JID) throws(StorageError) {
        guard let (domain, localpart) = try key(of: jid) else { throw .notFound }
        try run(
            "UPDATE account SET verifiers = ? WHERE domain = ? AND localpart = ?",
            .bytes(TextList.encode(verifiers)),
            domain,
            localpart
        )
        guard changes > 0 else { throw .notFound }
    }

    /// Nothing comes between the look and the change: the writer does one call at a time.
    func replaceVerifiers(
        _ old: [String: String],
        with new: [String: String],
        of jid: JID
    ) throws(StorageError) {
        guard let present = try account(jid) else { throw .notFound }
        guard present.verifiers == old else { throw .conflict }
        try setVerifiers(new, of: jid)
    }

    func setDisabled(_ isDisabled: Bool, of jid: JID) throws(StorageError) {
        guard let (domain, localpart) = try key(of: jid) else { throw .notFound }
        try run(
            "UPDATE account SET is_disabled = ? WHERE domain = ? AND localpart = ?",
            .integer(isDisabled ? 1 : 0),
            domain,
            localpart
        )
        guard changes > 0 else { throw .notFound }
    }

    func removeAccount(_ jid: JID) throws(StorageError) {
        guard let (domain, localpart) = try key(of: jid) else { throw .notFound }
        try run("DELETE FROM account WHERE domain = ? AND localpart = ?", domain, localpart)
        guard changes > 0 else { throw .notFound }
        try removeOwner(Owner(jid))
    }

    func accounts(in domain: String, after localpart: String?, limit: Int)
        throws(StorageError) -> [Account]
    {
        guard let number = try knownName(domain) else { return [] }
        // No localpart is empty, so that all come after the empty text.
        return try rows(
            """
            SELECT localpart, verifiers, is_disabled, created FROM account
            WHERE domain = ? AND localpart > ? ORDER BY localpart LIMIT ?
            """,
            [.integer(number), .text(localpart ?? ""), .integer(Int64(limit))]
        ) { (row) throws(StorageError) in try Account(row, in: domain) }
    }

    func countAccounts(in domain: String) throws(StorageError) -> Int {
        guard let number = try knownName(domain) else { return 0 }
        return try row("SELECT count(*) FROM account WHERE domain = ?", .integer(number)) {
            $0.int(0)
        } ?? 0
    }

    private func key(of jid: JID) throws(StorageError) -> (domain: Value, localpart: Value)? {
        guard let localpart = jid.localpart else { return nil }
        return try knownName(jid.domainpart).map { (.integer($0), .text(localpart)) }
    }
}

extension Account {
    fileprivate init(_ row: Row, in domain: String) throws(StorageError) {
        self.init(
            try JID(stored: row.text(0) + "@" + domain),
            verifiers: try TextList.decodeTable(row.bytes(1)),
            isDisabled: row.integer(2) != 0,
            created: Timestamp(microseconds: row.integer(3))
        )
    }
}
