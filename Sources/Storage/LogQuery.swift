/// Which entries of a log, and which page of them (XEP-0059).
public struct LogQuery: Hashable, Sendable {
    /// All of them must hold.
    public var filters: [LogFilter]
    /// Only entries with a larger id.
    public var after: Int64?
    /// Only entries with a smaller id.
    public var before: Int64?
    /// How many at most; zero asks only for the total and whether there are any.
    public var limit: Int
    /// Whether the page is taken from the end of what matches, as `<before/>` of XEP-0059 §2.3 asks.
    public var isBackwards: Bool
    /// Whether to count all that match the filters, `after` and `before` left aside.
    public var wantsTotal: Bool

    public init(
        _ filters: [LogFilter] = [],
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

/// What an entry must be like.
public enum LogFilter: Hashable, Sendable {
    /// The entry has the column, and its text passes the test.
    case column(String, TextTest)
    /// The entry's time is in the range: from the first, up to and including the second.
    case time(from: Timestamp? = nil, through: Timestamp? = nil)
    /// The entry is one of these.
    case ids([Int64])
}

/// A test of a text, byte by byte.
public enum TextTest: Hashable, Sendable {
    case equal(String)
    case less(String)
    case atMost(String)
    case greater(String)
    case atLeast(String)
    case prefix(String)
    case oneOf([String])
}

/// A page of a log.
public struct LogPage: Hashable, Sendable {
    /// Oldest first, from whichever end the page was taken.
    public var entries: [LogEntry]
    /// Whether nothing that matches lies beyond this page, in the direction of the query.
    public var isComplete: Bool
    /// How many match the filters, when the query asked for it.
    public var total: Int?

    public init(entries: [LogEntry] = [], isComplete: Bool = true, total: Int? = nil) {
        self.entries = entries
        self.isComplete = isComplete
        self.total = total
    }

    /// The ids that XEP-0059 calls `<first/>` and `<last/>`.
    public var first: Int64? { entries.first?.id }
    public var last: Int64? { entries.last?.id }
}
