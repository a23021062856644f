internal import MartletPostgreSQL
public import MartletStorage

extension PostgreSQLStore {
    public func domains(after domain: String?, limit: Int) async throws(StorageError) -> [String] {
        try StoreBounds.check(limit: limit)
        let range = TextRange(prefix: "", after: domain)
        let rows = try await list(Self.listDomains, [.bytes(range.lower), .integer(limit)])
        return try rows.strings()
    }

    public func owners(in domain: String, after name: String?, limit: Int)
        async throws(StorageError) -> [Owner]
    {
        try StoreBounds.check(limit: limit)
        let range = TextRange(prefix: "", after: name)
        let rows = try await list(
            Self.listOwners,
            [.bytes(domain.bytes), .bytes(range.lower), .integer(limit)]
        )
        return try rows.strings().map { Owner(domain: domain, name: $0) }
    }

    public func collections(of owner: Owner) async throws(StorageError) -> OwnedCollections {
        let place: [Parameter] = [.bytes(owner.domain.bytes), .bytes(owner.name.bytes)]
        let answers = try await read {
            (connection: isolated Connection) async throws(DatabaseError) in
            try await connection.snapshot([
                Query(Self.listDocumentCollections, place), Query(Self.listLogCollections, place),
            ])
        }
        guard answers.count == 2 else { throw .corrupt("an answer is missing") }
        return OwnedCollections(documents: try answers[0].strings(), logs: try answers[1].strings())
    }

    public func newestNumber() async throws(StorageError) -> Int64 {
        try await list(Self.readNumber, []).number(0, 0)
    }

    public func skipNumbers(through number: Int64) async throws(StorageError) {
        try StoreBounds.check(number: number)
        _ = try await run(
            Direct(statement: "SELECT skip_numbers($1)", names: [], parameters: [.integer(number)])
        )
    }

    /// Reads by one statement, whose texts need no numbers first.
    private func list(_ statement: Statement, _ parameters: [Parameter])
        async throws(StorageError) -> Rows
    {
        let answers = try await read {
            (connection: isolated Connection) async throws(DatabaseError) in
            try await connection.round([Query(statement, parameters)])
        }
        guard let first = answers.first else { throw .corrupt("an answer is missing") }
        return first
    }
}

extension Rows {
    /// The texts whose bytes the first column has.
    fileprivate func strings() throws(StorageError) -> [String] {
        var strings: [String] = []
        strings.reserveCapacity(count)
        for row in 0..<count { strings.append(try string(row, 0)) }
        return strings
    }
}
