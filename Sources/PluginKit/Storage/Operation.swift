/// One thing to do with the documents and logs of an owner.
public enum Operation: Sendable {
    /// → `.documents`, one or none.
    case get(key: String, in: String)
    /// In the order of their keys, byte by byte. → `.documents`
    case list(in: String, prefix: String = "", after: String? = nil, limit: Int)
    /// → `.count`
    case countDocuments(in: String)
    /// → `.version`
    case put(
        key: String,
        in: String,
        value: [UInt8],
        if: VersionCondition = .any,
        expires: Timestamp? = nil
    )
    /// → `.count`, 0 or 1
    case delete(key: String, in: String, if: VersionCondition = .any)
    /// → `.version`: the entry's id
    case append(LogEntry, to: String)
    /// → `.page`
    case query(LogQuery, in: String)
    /// → `.size`
    case size(of: String)
    /// → `.count`
    case removeEntry(Int64, from: String)
    /// Old entries, many at most: repeat while it is not zero. → `.count`
    case trim(LogTrim, in: String)
}

/// What must be true of a document for it to be put or deleted.
public enum VersionCondition: Hashable, Sendable {
    case any
    case absent
    /// Nobody wrote it since it had this version.
    case exactly(Int64)
}

public enum LogTrim: Hashable, Sendable {
    case before(Timestamp)
    /// All but the last so many.
    case toNewest(Int)
}

/// An entry of a log.
public struct LogEntry: Hashable, Sendable {
    /// Given by the store, growing; zero before it is appended.
    public var id: Int64 = 0
    public var time: Timestamp
    /// Short texts that queries can filter by.
    public var columns: [String: String]
    public var value: [UInt8]

    public init(time: Timestamp, columns: [String: String] = [:], value: [UInt8]) {
        self.time = time
        self.columns = columns
        self.value = value
    }
}

/// Which entries of a log, and which page of them.
public struct LogQuery: Hashable, Sendable {
    public enum Filter: Hashable, Sendable {
        /// Of several for one column, any may hold.
        case equal(String, String)
        case less(String, String)
        case atMost(String, String)
        case greater(String, String)
        case atLeast(String, String)
        case prefix(String, String)
        case from(Timestamp)
        case through(Timestamp)
        /// Of several, any may hold.
        case id(Int64)
    }

    /// All of them must hold.
    public var filters: [Filter]
    /// Only entries with a larger id.
    public var after: Int64?
    /// Only entries with a smaller id.
    public var before: Int64?
    public var limit: Int
    /// Whether the page is taken from the end of what matches.
    public var isBackwards: Bool
    public var wantsTotal: Bool

    public init(
        _ filters: [Filter] = [],
        after: Int64? = nil,
        before: Int64? = nil,
        limit: Int,
        isBackwards: Bool = false,
        wantsTotal: Bool = false
    ) {
        self.filters = filters
        self.after = after
        self.before = before
        self.limit = limit
        self.isBackwards = isBackwards
        self.wantsTotal = wantsTotal
    }
}

/// A page of a log: oldest first, from whichever end it was taken.
public struct LogPage: Hashable, Sendable {
    public var entries: [LogEntry]
    /// Whether nothing that matches lies beyond it, in the direction of the query.
    public var isComplete: Bool
    /// How many match the filters, when the query asked for it.
    public var total: Int?

    public init(entries: [LogEntry], isComplete: Bool, total: Int? = nil) {
        self.entries = entries
        self.isComplete = isComplete
        self.total = total
    }
}

/// A document of a collection.
public struct Document: Hashable, Sendable {
    public var key: String
    public var value: [UInt8]
    /// Grows with each put.
    public var version: Int64
}

/// What an operation gives back; of which kind it is, the operation says.
public struct Outcome: Sendable {
    public var documents: [Document]
    public var page: LogPage
    public var version: Int64?
    public var count: Int
    /// The bytes of a log's values, of `.size`.
    public var bytes: Int

    public var document: Document? { documents.first }
}
