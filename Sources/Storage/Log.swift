/// An entry of a log, as it is appended.
public struct NewLogEntry: Hashable, Sendable {
    /// Larger than all ids before it in the log, or nil to let the store make one.
    public var id: Int64?
    public var time: Timestamp
    /// Short texts that queries can filter by, each under its column's name.
    public var columns: [String: String]
    public var value: [UInt8]

    public init(
        id: Int64? = nil,
        time: Timestamp,
        columns: [String: String] = [:],
        value: [UInt8]
    ) {
        self.id = id
        self.time = time
        self.columns = columns
        self.value = value
    }
}

/// An entry of a log, as it is read.
public struct LogEntry: Hashable, Sendable {
    /// Above zero, growing in each log in the order of the appends, and never used twice.
    public var id: Int64
    public var time: Timestamp
    public var columns: [String: String]
    public var value: [UInt8]

    public init(id: Int64, time: Timestamp, columns: [String: String], value: [UInt8]) {
        self.id = id
        self.time = time
        self.columns = columns
        self.value = value
    }
}

/// How much is in a log.
public struct LogSize: Hashable, Sendable {
    public var count: Int
    /// The bytes of the values alone.
    public var bytes: Int

    public init(count: Int = 0, bytes: Int = 0) {
        self.count = count
        self.bytes = bytes
    }
}

/// Which entries of a log go.
public enum LogTrim: Hashable, Sendable {
    /// Those with a time before this one.
    case before(Timestamp)
    /// All but the last so many.
    case toNewest(Int)
    /// The entry with this id and all older ones: what a watermark has passed.
    case through(Int64)
}
