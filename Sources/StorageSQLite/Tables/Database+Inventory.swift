internal import MartletStorage

/// What there is, a page or an index entry at a time.
extension Database {
    func domains(after domain: String?, limit: Int) throws(StorageError) -> [String] {
        try rows(
            """
            SELECT text FROM name WHERE text >= ? AND
            (EXISTS (SELECT 1 FROM account WHERE domain = name.id)
            OR EXISTS (SELECT 1 FROM owner WHERE domain = name.id))
            ORDER BY text LIMIT ?
            """,
            [TextRange(prefix: "", after: domain).from, .integer(Int64(limit))]
        ) { $0.text(0) }
    }

    func owners(in domain: String, after name: String?, limit: Int)
        throws(StorageError) -> [Owner]
    {
        guard let number = try knownName(domain) else { return [] }
        return try rows(
            "SELECT name FROM owner WHERE domain = ? AND name >= ? ORDER BY name LIMIT ?",
            [
                .integer(number), TextRange(prefix: "", after: name).from,
                .integer(Int64(limit)),
            ]
        ) { Owner(domain: domain, name: $0.text(0)) }
    }

    func collections(of owner: Owner) throws(StorageError) -> OwnedCollections {
        guard let number = try knownOwner(owner) else { return OwnedCollections() }
        let documents = try collections(
            "SELECT collection FROM document WHERE owner = ? AND collection > ?",
            of: number
        )
        let logs = try collections(
            "SELECT collection FROM log WHERE owner = ? AND collection > ?",
            of: number
        )
        return OwnedCollections(documents: documents, logs: logs)
    }

    /// The first collection, and then the first behind it: a look-up for each, whatever they hold.
    private func collections(_ sql: String, of owner: Int64) throws(StorageError) -> [String] {
        var names: [ByteText] = []
        var last: Int64 = 0
        while let next = try row(
            sql + " ORDER BY collection LIMIT 1",
            .integer(owner),
            .integer(last),
            read: { $0.integer(0) }
        ) {
            let name = try row("SELECT text FROM name WHERE id = ?", .integer(next)) { $0.text(0) }
            guard let name else { throw .corrupt("a collection has no name") }
            names.append(ByteText(name))
            last = next
        }
        return names.sorted().map(\.string)
    }
}
