/// What every store takes, and no more; a caller that passes a bound gets `.invalid`.
///
/// They are what both SQLite and PostgreSQL can index and send, with room to spare.
public enum StoreBounds {
    /// Bytes of a domain, an owner's name, a collection, a key, a column's name or text.
    ///
    /// A bare address has at most 2,047 (RFC 7622 §3.1); an index row of PostgreSQL ends at 2,704.
    public static let textBytes = 2_560
    /// Bytes of a document or of an entry's value.
    public static let valueBytes = 16 << 20
    /// Operations of a batch, entries of an append, ids of a removal, texts of a `oneOf`.
    public static let batchCount = 1_000
    /// Columns of an entry, and filters of a query.
    public static let columnCount = 8
    /// Entries that one trim removes at most, so that no other write waits long for it.
    public static let trimCount = 1_000
    /// The largest number that ``Inventory/skipNumbers(through:)`` takes: 2^60, half a million years away at
    /// 70,000 a second.
    public static let largestNumber: Int64 = 1 << 60
    /// Removed contacts that a roster remembers, for ``RosterStore/rosterChanges(of:since:)``.
    public static let removedRosterItems = 200
}

extension StoreBounds {
    /// Whether the owner and all operations keep to the bounds.
    package static func check(_ operations: [Operation], of owner: Owner) throws(StorageError) {
        guard operations.count <= batchCount else { throw .invalid("too many operations") }
        try check(owner)
        for operation in operations { try check(operation) }
    }

    package static func check(_ owner: Owner) throws(StorageError) {
        try check(text: owner.domain)
        try check(text: owner.name)
    }

    package static func check(text: String) throws(StorageError) {
        guard text.utf8.count <= textBytes else { throw .invalid("a text is too long") }
    }

    package static func check(limit: Int) throws(StorageError) {
        guard limit >= 0 else { throw .invalid("a limit is below zero") }
    }

    package static func check(number: Int64) throws(StorageError) {
        guard number <= largestNumber else { throw .invalid("a number is too large") }
    }

    private static func check(_ operation: Operation) throws(StorageError) {
        switch operation {
        case .get(let key, let collection), .delete(let key, let collection, _):
            try check(text: key)
            try check(text: collection)
        case .list(let collection, let prefix, let after, let limit):
            for text in [collection, prefix, after ?? ""] { try check(text: text) }
            try check(limit: limit)
        case .put(let key, let collection, let value, _, _):
            try check(text: key)
            try check(text: collection)
            try check(value: value)
        case .append(let entries, let collection):
            try check(text: collection)
            try check(count: entries.count)
            for entry in entries { try check(entry) }
        case .query(let query, let collection):
            try check(text: collection)
            try check(query)
        case .removeEntries(let ids, let collection):
            try check(text: collection)
            try check(count: ids.count)
        case .trim(.toNewest(let kept), let collection):
            try check(text: collection)
            try check(limit: kept)
        case .countDocuments(let collection), .size(let collection), .trim(_, let collection):
            try check(text: collection)
        }
    }

    private static func check(_ entry: NewLogEntry) throws(StorageError) {
        try check(value: entry.value)
        guard entry.id ?? 1 > 0 else { throw .invalid("an id is not above zero") }
        guard entry.columns.count <= columnCount else { throw .invalid("too many columns") }
        for (name, text) in entry.columns {
            try check(text: name)
            try check(text: text)
        }
    }

    private static func check(_ query: LogQuery) throws(StorageError) {
        try check(limit: query.limit)
        guard query.filters.count <= columnCount else { throw .invalid("too many filters") }
        for filter in query.filters {
            switch filter {
            case .time: break
            case .ids(let ids): try check(count: ids.count)
            case .column(let name, let test):
                try check(text: name)
                try check(test)
            }
        }
    }

    private static func check(_ test: TextTest) throws(StorageError) {
        switch test {
        case .equal(let text), .less(let text), .atMost(let text), .greater(let text),
            .atLeast(let text), .prefix(let text):
            try check(text: text)
        case .oneOf(let texts):
            try check(count: texts.count)
            for text in texts { try check(text: text) }
        }
    }

    private static func check(value: [UInt8]) throws(StorageError) {
        guard value.count <= valueBytes else { throw .invalid("a value is too long") }
    }

    private static func check(count: Int) throws(StorageError) {
        guard count <= batchCount else { throw .invalid("too many entries in one call") }
    }
}
