/// One thing to do with the documents and logs of an owner, alone or in a batch.
public enum Operation: Hashable, Sendable {
    /// The document, or nil. → `.document`
    case get(key: String, in: String)
    /// Documents in the order of their keys, byte by byte: those whose key starts with `prefix` and
    /// comes after `after`. → `.documents`
    case list(in: String, prefix: String = "", after: String? = nil, limit: Int)
    /// How many documents a collection has. → `.count`
    case countDocuments(in: String)
    /// Writes a document. → `.version`
    case put(
        key: String,
        in: String,
        value: [UInt8],
        if: VersionCondition = .any,
        expires: Timestamp? = nil
    )
    /// Removes a document: one, or none when nothing is there and the condition allows it. → `.count`
    case delete(key: String, in: String, if: VersionCondition = .any)
    /// Appends entries in their order. → `.ids`
    case append([NewLogEntry], to: String)
    /// A page of a log. → `.page`
    case query(LogQuery, in: String)
    /// How much is in a log. → `.size`
    case size(of: String)
    /// Removes entries; ids that are not there are passed over. → `.count`
    case removeEntries([Int64], from: String)
    /// Removes the oldest entries, ``StoreBounds/trimCount`` at most: when it were so many, there may
    /// be more. → `.count`
    case trim(LogTrim, in: String)

    /// Whether it leaves everything as it is.
    package var isRead: Bool {
        switch self {
        case .get, .list, .countDocuments, .query, .size: true
        case .put, .delete, .append, .removeEntries, .trim: false
        }
    }
}

/// What an ``Operation`` gives back.
public enum Outcome: Hashable, Sendable {
    case document(Document?)
    case documents([Document])
    case version(Int64)
    case count(Int)
    case ids([Int64])
    case page(LogPage)
    case size(LogSize)
}
