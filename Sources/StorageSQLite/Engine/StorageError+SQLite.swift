internal import CSQLite
internal import Glibc
internal import MartletStorage

extension StorageError {
    /// What a code of SQLite means to a caller of the store.
    ///
    /// SQLite's messages name tables and files, never a bound value, so they are safe to log.
    init(_ code: Int32, on database: OpaquePointer?) {
        let message = String(cString: sqlite3_errmsg(database))
        let errno = sqlite3_system_errno(database)
        switch code & 0xff {
        case SQLITE_FULL: self = .full
        case SQLITE_IOERR where errno == ENOSPC || errno == EDQUOT: self = .full
        case SQLITE_BUSY, SQLITE_LOCKED: self = .unavailable("another process keeps it locked")
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT: self = .corrupt(message)
        case SQLITE_CONSTRAINT: self = .conflict
        case SQLITE_TOOBIG: self = .invalid(message)
        default: self = .unavailable("\(message) (SQLite \(sqlite3_extended_errcode(database)))")
        }
    }
}
