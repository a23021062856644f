/// Why the store did not do what it was asked: facts, safe to log, without a value or a verifier.
public enum StorageError: Error, Hashable, Sendable {
    /// Something stands where nothing should, or has another version than the caller knows.
    case conflict
    /// What should change is not there.
    case notFound
    /// The disk, or the quota of the database, has no room. Nothing was kept; later calls may succeed.
    case full
    /// The store is closed, away, locked for too long, or its queue has reached its bound.
    case unavailable(String)
    /// The database, or a row of it, cannot be read as what it should be.
    case corrupt(String)
    /// The database was written by another version of the server, and is left as it is.
    case incompatible(String)
    /// The caller asked for something outside of the bounds of ``StoreBounds``.
    case invalid(String)
}

extension StorageError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .conflict: "what is stored is not what the change expected"
        case .notFound: "what should change is not stored"
        case .full: "the database is full"
        case .unavailable(let reason): "the store is not available: \(reason)"
        case .corrupt(let reason): "the database is damaged: \(reason)"
        case .incompatible(let reason): "the database is of another version: \(reason)"
        case .invalid(let reason): "the store refuses the call: \(reason)"
        }
    }
}
