internal import MartletStorage

/// A collection of an owner, by their numbers.
struct Place: Hashable {
    private let ownerNumber: Int64
    private let collectionNumber: Int64

    init(owner: Int64, collection: Int64) {
        ownerNumber = owner
        collectionNumber = collection
    }

    var owner: Value { .integer(ownerNumber) }
    var collection: Value { .integer(collectionNumber) }

    /// Where nothing was ever stored: numbers start at one.
    static let nowhere = Place(owner: 0, collection: 0)
}

extension Database {
    /// The place to read from.
    func place(of collection: String, _ owner: Owner) throws(StorageError) -> Place {
        guard let owner = try knownOwner(owner), let collection = try knownName(collection) else {
            return .nowhere
        }
        return Place(owner: owner, collection: collection)
    }

    /// The place to write to.
    func newPlace(of collection: String, _ owner: Owner) throws(StorageError) -> Place {
        Place(owner: try self.owner(owner), collection: try name(collection))
    }

    func perform(_ operation: Operation, of owner: Owner, at now: Timestamp)
        throws(StorageError) -> Outcome
    {
        switch operation {
        case .get(let key, let collection):
            return .document(try document(key, try place(of: collection, owner), now))
        case .list(let collection, let prefix, let after, let limit):
            let place = try place(of: collection, owner)
            return .documents(try documents(in: place, prefix, after: after, limit, now))
        case .countDocuments(let collection):
            return .count(try countDocuments(in: try place(of: collection, owner), now))
        case .put(let key, let collection, let value, let condition, let expires):
            let place = try newPlace(of: collection, owner)
            guard condition.holds(for: try version(of: key, place, now)) else { throw .conflict }
            return .version(try put(key, place, value, expires))
        case .delete(let key, let collection, let condition):
            let place = try place(of: collection, owner)
            let version = try version(of: key, place, now)
            guard condition.holds(for: version) else { throw .conflict }
            try delete(key, place)
            return .count(version == nil ? 0 : 1)
        case .append, .query, .size, .removeEntries, .trim:
            return try performOnLog(operation, of: owner)
        }
    }

    func removeExpiredDocuments(limit: Int, at now: Timestamp) throws(StorageError) -> Int {
        try run(
            """
            DELETE FROM document WHERE rowid IN
            (SELECT rowid FROM document WHERE expires <= ? ORDER BY expires LIMIT ?)
            """,
            .integer(now.microseconds),
            .integer(Int64(limit))
        )
        let removed = changes
        hasRemovedOwners = true  // Another process may have removed one.
        return removed
    }
}

extension Database {
    private func document(_ key: String, _ place: Place, _ now: Timestamp)
        throws(StorageError) -> Document?
    {
        try row(
            """
            SELECT key, value, version, expires FROM document
            WHERE owner = ? AND collection = ? AND key = ? AND (expires IS NULL OR expires > ?)
            """,
            place.owner,
            place.collection,
            .text(key),
            .integer(now.microseconds),
            read: Document.init
        )
    }

    private func documents(
        in place: Place,
        _ prefix: String,
        after: String?,
        _ limit: Int,
        _ now: Timestamp
    ) throws(StorageError) -> [Document] {
        let range = TextRange(prefix: prefix, after: after)
        return try rows(
            """
            SELECT key, value, version, expires FROM document
            WHERE owner = ? AND collection = ? AND key >= ? AND key < ?
            AND (expires IS NULL OR expires > ?) ORDER BY key LIMIT ?
            """,
            [
                place.owner, place.collection, range.from, range.below,
                .integer(now.microseconds), .integer(Int64(limit)),
            ],
            read: Document.init
        )
    }

    private func countDocuments(in place: Place, _ now: Timestamp) throws(StorageError) -> Int {
        try row(
            """
            SELECT count(*) FROM document
            WHERE owner = ? AND collection = ? AND (expires IS NULL OR expires > ?)
            """,
            place.owner,
            place.collection,
            .integer(now.microseconds)
        ) { $0.int(0) } ?? 0
    }

    private func version(of key: String, _ place: Place, _ now: Timestamp)
        throws(StorageError) -> Int64?
    {
        try row(
            """
            SELECT version FROM document
            WHERE owner = ? AND collection = ? AND key = ? AND (expires IS NULL OR expires > ?)
            """,
            place.owner,
            place.collection,
            .text(key),
            .integer(now.microseconds)
        ) { $0.integer(0) }
    }

    private func put(_ key: String, _ place: Place, _ value: [UInt8], _ expires: Timestamp?)
        throws(StorageError) -> Int64
    {
        let version = try sequence.take(from: self)
        try run(
            """
            INSERT INTO document (owner, collection, key, version, expires, value)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (owner, collection, key) DO UPDATE
            SET version = excluded.version, expires = excluded.expires, value = excluded.value
            """,
            place.owner,
            place.collection,
            .text(key),
            .integer(version),
            Value(expires?.microseconds),
            .bytes(value)
        )
        return version
    }

    private func delete(_ key: String, _ place: Place) throws(StorageError) {
        try run(
            "DELETE FROM document WHERE owner = ? AND collection = ? AND key = ?",
            place.owner,
            place.collection,
            .text(key)
        )
    }
}

extension Document {
    /// Reads key, value, version and expiry.
    fileprivate init(_ row: Row) throws(StorageError) {
        self.init(
            key: row.text(0),
            value: row.bytes(1),
            version: row.integer(2),
            expires: row.optionalInteger(3).map(Timestamp.init)
        )
    }
}
