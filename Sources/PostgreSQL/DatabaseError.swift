/// Why the database did not do what it was asked for.
///
/// A description is safe to log: no password, nor what the server tells of rows (`detail`).
public enum DatabaseError: Error, Hashable, Sendable {
    /// The server refused a statement; what its transaction had done is undone.
    case server(ServerFailure)
    /// The connection ended before the answer came.
    ///
    /// - `mayHaveCommitted`: whether what was asked for may have been done all the same.
    case lost(String, mayHaveCommitted: Bool)
    /// No connection could be had in the time given; nothing was sent.
    case unavailable(String)
    /// As many wait for a connection as may; nothing was sent.
    case busy(String)
    /// The server, or libpq, does not take what it is configured with, such as a password.
    case refused(String)
}

extension DatabaseError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .server(let failure): failure.description
        case .lost(let reason, _): "the connection to the database was lost: \(reason)"
        case .unavailable(let reason): "the database is not available: \(reason)"
        case .busy(let reason): "the database is busy: \(reason)"
        case .refused(let reason): "the database refuses: \(reason)"
        }
    }
}

/// What a server says about a statement that failed (PostgreSQL documentation, Appendix A).
public struct ServerFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Five letters and digits, such as `23505`.
    public var sqlState: String
    public var message: String
    /// May show values of rows: not for logs.
    public var detail: String?
    public var hint: String?
    public var constraint: String?
    public var table: String?
    /// Whether the session ends with this: `FATAL` or worse.
    var isFatal = false

    public init(sqlState: String, message: String) {
        self.sqlState = sqlState
        self.message = message
    }

    /// Whether the same transaction may succeed when it is tried again: a deadlock, a conflict of
    /// serialisation, or a statement that the server has forgotten or must plan anew.
    public var mayPassNextTime: Bool {
        ["40001", "40P01"].contains(sqlState) || isStale
    }

    /// The statement is not prepared in this session any more, or prepared for another table.
    var isStale: Bool {
        sqlState == "26000" || sqlState == "42P05"
            || sqlState == "0A000" && message.contains("cached plan")
    }

    /// The session ends with this: an administrator's command, a crash, a time limit on idling.
    var endsSession: Bool {
        ["57P01", "57P02", "57P03", "57P05", "25P03", "08P01"].contains(sqlState)
    }

    public var description: String {
        sqlState.isEmpty ? message : "\(message) (SQLSTATE \(sqlState))"
    }
}
