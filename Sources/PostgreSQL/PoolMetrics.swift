/// What a pool has come to, in numbers.
public struct PoolMetrics: Hashable, Sendable {
    /// Connections that are open, those in use among them.
    public internal(set) var open = 0
    public internal(set) var busy = 0
    /// Calls that wait for a connection.
    public internal(set) var waiting = 0
    /// Calls that waited in vain, or found too many waiting.
    public internal(set) var turnedAway = 0
    /// Connections made since the pool began.
    public internal(set) var connected = 0
    /// Connections that ended without our asking.
    public internal(set) var lost = 0
    public internal(set) var failedAttempts = 0
    /// Whether there is no connection and the last attempt to make one failed.
    public internal(set) var isAway = false
    /// Without secrets.
    public internal(set) var lastError: String?
}

/// What an operator wants to read, once for each time that it happens.
public enum PoolEvent: Sendable, CustomStringConvertible {
    /// No connection is left, and none can be made.
    case away(reason: String)
    case back(after: Duration)
    /// A connection ended, but others are there or can be made; said once until all is well.
    case lost(reason: String)

    public var description: String {
        switch self {
        case .away(let reason): "the database is away: \(reason)"
        case .back(let duration): "the database is back after \(duration)"
        case .lost(let reason): "a connection to the database was lost: \(reason)"
        }
    }
}
