internal import MartletPostgreSQL
internal import MartletStorage

/// A document as the database has it, and as a plan leaves it.
struct DocumentState {
    enum Change { case none, put, delete }

    var version: Int64?
    var expires: Timestamp?
    /// Empty where nobody asked for it.
    var value: [UInt8] = []
    /// Whether the database has a row, be it expired.
    var isStored = false
    var change = Change.none

    /// The version, if it is there for readers of this moment.
    func version(at now: Timestamp) -> Int64? {
        if let expires, expires <= now { return nil }
        return version
    }
}

extension SegmentReader {
    mutating func documents(of owners: [OwnerState]) throws(StorageError) -> [DocumentState] {
        let keys = segment.documents.keys
        var documents = Array(repeating: DocumentState(), count: keys.count)
        guard !keys.isEmpty else { return documents }
        let rows = try next()
        for row in 0..<rows.count {
            let place = try rows.place(row, of: keys.count)
            // An owner that was made since it was looked for is not locked, and not there.
            guard owners[keys[place].owner].id != nil else { continue }
            documents[place] = DocumentState(
                version: try rows.number(row, 1),
                expires: rows.time(row, 2).map { Timestamp(microseconds: $0) },
                value: rows.bytes(row, 3) ?? [],
                isStored: true
            )
        }
        return documents
    }
}

extension Plan {
    func place(_ key: String, _ owner: Int, _ collection: Int64) throws(StorageError) -> Int {
        let key = DocumentKey(owner: owner, collection: collection, key: ByteText(key))
        guard let place = segment.documents[key] else { throw .corrupt("a lost document") }
        return place
    }

    func get(_ key: String, _ owner: Int, _ collection: Int64, _ now: Timestamp)
        throws(StorageError) -> Document?
    {
        let document = documents[try place(key, owner, collection)]
        guard let version = document.version(at: now) else { return nil }
        return Document(
            key: key,
            value: document.value,
            version: version,
            expires: document.expires
        )
    }

    mutating func put(
        _ value: [UInt8],
        at place: Int,
        _ condition: VersionCondition,
        _ expires: Timestamp?,
        _ now: Timestamp
    ) throws(StorageError) -> Int64 {
        var document = documents[place]
        guard condition.holds(for: document.version(at: now)) else { throw .conflict }
        if let expires { try expires.checkStorable() }
        let version = try takeNumber()
        document.version = version
        document.expires = expires
        document.value = value
        document.change = .put
        set(document, at: place)
        return version
    }

    mutating func delete(at place: Int, _ condition: VersionCondition, _ now: Timestamp)
        throws(StorageError) -> Int
    {
        var document = documents[place]
        let version = document.version(at: now)
        guard condition.holds(for: version) else { throw .conflict }
        guard document.version != nil else { return 0 }
        document.version = nil
        document.expires = nil
        document.value = []
        document.change = .delete
        set(document, at: place)
        return version == nil ? 0 : 1
    }

    /// What the documents need to become what the plan left.
    func documentWrites() -> [Query] {
        var (put, gone) = ([Int](), [Int]())
        for (place, document) in documents.enumerated() {
            switch document.change {
            case .none: break
            case .put: put.append(place)
            case .delete: if document.isStored { gone.append(place) }
            }
        }
        return (put.isEmpty ? [] : [putQuery(put)])
            + (gone.isEmpty ? [] : [Query(Self.deleteDocuments, keys(gone))])
    }

    private func keys(_ places: [Int]) -> [Parameter] {
        let keys = places.map { segment.documents.keys[$0] }
        return [
            .integers(keys.map { owners[$0.owner].id }), .integers(keys.map(\.collection)),
            .byteStrings(keys.map { Array($0.key.string.utf8) }),
        ]
    }

    private func putQuery(_ places: [Int]) -> Query {
        Query(
            Self.putDocuments,
            keys(places) + [
                .integers(places.map { documents[$0].version }),
                .times(places.map { documents[$0].expires?.microseconds }),
                .byteStrings(places.map { documents[$0].value }),
            ]
        )
    }

    private static let putDocuments: Statement = """
        INSERT INTO document (owner, collection, key, version, expires, value)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[],
            $5::timestamptz[], $6::bytea[])
        ON CONFLICT (owner, collection, key) DO UPDATE
        SET version = excluded.version, expires = excluded.expires, value = excluded.value
        """

    private static let deleteDocuments: Statement = """
        DELETE FROM document AS d
        USING unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS k(owner, collection, key)
        WHERE d.owner = k.owner AND d.collection = k.collection AND d.key = k.key
        """
}

extension Timestamp {
    /// Refuses what a `timestamptz` cannot have.
    func checkStorable() throws(StorageError) {
        guard Self.storable.contains(microseconds) else {
            throw .invalid("a time is before 4713 BC or after the year 294000")
        }
    }
}
