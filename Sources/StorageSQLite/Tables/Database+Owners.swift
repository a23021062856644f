internal import MartletStorage

extension Database {
    /// The number of an owner, or nil when it has nothing.
    func knownOwner(_ owner: Owner) throws(StorageError) -> Int64? {
        if isWriting, let number = known[owner] { return number }
        guard let domain = try knownName(owner.domain) else { return nil }
        let number = try row(
            "SELECT id FROM owner WHERE domain = ? AND name = ?",
            .integer(domain),
            .text(owner.name)
        ) { $0.integer(0) }
        if isWriting, let number { known.remember(owner, as: number) }
        return number
    }

    /// The number of an owner, which gets one when it has none.
    func owner(_ owner: Owner) throws(StorageError) -> Int64 {
        if let number = try knownOwner(owner) { return number }
        let domain = try name(owner.domain)
        try run(
            "INSERT INTO owner (domain, name) VALUES (?, ?)",
            .integer(domain),
            .text(owner.name)
        )
        return lastInsertedRow
    }

    /// Takes from an owner all that it has, in constant time: the rows lose their owner now and their
    /// space when the writer has nothing else to do.
    func removeOwner(_ owner: Owner) throws(StorageError) {
        guard let number = try knownOwner(owner) else { return }
        known.forget(owner)
        try run("DELETE FROM owner WHERE id = ?", .integer(number))
        try run("INSERT INTO removed_owner (id) VALUES (?)", .integer(number))
        hasRemovedOwners = true
    }

    /// Deletes some rows of a removed owner, and says whether there may be more.
    func purgeRemovedOwners() throws(StorageError) -> Bool {
        let removed = try row("SELECT id FROM removed_owner LIMIT 1") { $0.integer(0) }
        guard let removed else { return false }
        let owner = Value.integer(removed)
        for purge in [Self.purgeDocuments, Self.purgeRoster] {
            try run(purge, owner)
            if changes > 0 { return true }
        }
        if try purgeLog(of: owner) { return true }
        try run("DELETE FROM roster WHERE owner = ?", owner)
        try run("DELETE FROM removed_owner WHERE id = ?", owner)
        return true
    }

    private func purgeLog(of owner: Value) throws(StorageError) -> Bool {
        let found = try row("SELECT id FROM log WHERE owner = ? LIMIT 1", owner) { $0.integer(0) }
        guard let found else { return false }
        try indexTail(of: found)
        if try purgeEntries(of: .integer(found)) { return true }
        try run(Self.purgeTexts, .integer(found))
        if changes > 0 { return true }
        try run("DELETE FROM log WHERE id = ?", .integer(found))
        known.forgetAll()
        return true
    }

    private func purgeEntries(of log: Value) throws(StorageError) -> Bool {
        let last = try row(
            """
            SELECT max(id) FROM
            (SELECT id FROM entry_place WHERE log = ? ORDER BY id LIMIT 500)
            """,
            log
        ) { $0.optionalInteger(0) }
        guard let last, let last else { return false }
        for purge in [Self.purgeEntries, "DELETE FROM entry_place WHERE log = ? AND id <= ?"] {
            try run(purge, log, .integer(last))
        }
        return true
    }

    private static let purgeDocuments = """
        DELETE FROM document WHERE rowid IN
        (SELECT rowid FROM document WHERE owner = ? LIMIT 200)
        """
    private static let purgeRoster = """
        DELETE FROM roster_item WHERE (owner, contact) IN
        (SELECT owner, contact FROM roster_item WHERE owner = ? LIMIT 500)
        """
    private static let purgeEntries = """
        DELETE FROM entry WHERE row IN
        (SELECT row FROM entry_place WHERE log = ? AND id <= ?)
        """
    private static let purgeTexts = """
        DELETE FROM entry_text WHERE (log, name, text, id) IN
        (SELECT log, name, text, id FROM entry_text WHERE log = ? LIMIT 500)
        """
}
