internal import CSQLite
internal import MartletStorage

/// What is bound to a `?` of a statement.
enum Value {
    case null
    case integer(Int64)
    case text(String)
    /// Bytes that are compared with texts, though they may end inside of a character.
    case rawText([UInt8])
    case bytes([UInt8])

    init(_ integer: Int64?) { self = integer.map { .integer($0) } ?? .null }
    init(_ text: String?) { self = text.map { .text($0) } ?? .null }
    init(_ bytes: [UInt8]?) { self = bytes.map { .bytes($0) } ?? .null }
}

/// A prepared statement, kept by its ``Database`` and used again.
final class Statement {
    private let handle: OpaquePointer
    private let database: OpaquePointer

    init(_ sql: String, on database: OpaquePointer) throws(StorageError) {
        var made: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        let code = sqlite3_prepare_v3(database, sql, -1, flags, &made, nil)
        guard code == SQLITE_OK, let made else { throw StorageError(code, on: database) }
        handle = made
        self.database = database
    }

    deinit { sqlite3_finalize(handle) }

    func bind(_ values: [Value]) throws(StorageError) {
        for (index, value) in values.enumerated() {
            let code = bind(value, at: Int32(index + 1))
            guard code == SQLITE_OK else { throw StorageError(code, on: database) }
        }
    }

    /// Goes to the next row, and says whether there is one.
    func step() throws(StorageError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw StorageError(code, on: database)
        }
    }

    /// Lets go of rows and of bound values, so that no snapshot and no memory stays behind.
    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    var row: Row { Row(handle: handle) }

    /// Runs an insert with integers, then a text that is not copied.
    func insert(_ integers: (Int64, Int64, Int64, Int64), _ text: String) throws(StorageError) {
        bind(integers)
        var text = text
        let code = text.withUTF8 { text -> Int32 in
            bindUnowned(UnsafeRawBufferPointer(text), at: 5, isText: true)
            return sqlite3_step(handle)
        }
        try end(code)
    }

    /// Runs an insert with integers, then bytes that are not copied; without any the first is null.
    func insert(
        _ integers: (Int64, Int64, Int64, Int64),
        _ first: [UInt8],
        _ second: [UInt8]
    ) throws(StorageError) {
        bind(integers)
        let code = first.withUnsafeBytes { first in
            second.withUnsafeBytes { second -> Int32 in
                if !first.isEmpty { bindUnowned(first, at: 5, isText: false) }
                bindUnowned(second, at: 6, isText: false)
                return sqlite3_step(handle)
            }
        }
        try end(code)
    }

    /// Runs an insert with integers alone.
    func insert(_ integers: (Int64, Int64, Int64)) throws(StorageError) {
        sqlite3_bind_int64(handle, 1, integers.0)
        sqlite3_bind_int64(handle, 2, integers.1)
        sqlite3_bind_int64(handle, 3, integers.2)
        try end(sqlite3_step(handle))
    }

    private func bind(_ integers: (Int64, Int64, Int64, Int64)) {
        sqlite3_bind_int64(handle, 1, integers.0)
        sqlite3_bind_int64(handle, 2, integers.1)
        sqlite3_bind_int64(handle, 3, integers.2)
        sqlite3_bind_int64(handle, 4, integers.3)
    }

    /// Binds bytes that stay where they are until ``end(_:)``.
    private func bindUnowned(_ bytes: UnsafeRawBufferPointer, at index: Int32, isText: Bool) {
        let start = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
        let count = sqlite3_uint64(bytes.count)
        if isText {
            let text = start?.assumingMemoryBound(to: CChar.self)
            sqlite3_bind_text64(handle, index, text, count, nil, UInt8(SQLITE_UTF8))
        } else {
            sqlite3_bind_blob64(handle, index, start, count, nil)
        }
    }

    private func end(_ code: Int32) throws(StorageError) {
        let failure = code == SQLITE_DONE ? nil : StorageError(code, on: database)
        reset()
        if let failure { throw failure }
    }

    private func bind(_ value: Value, at index: Int32) -> Int32 {
        switch value {
        case .null: sqlite3_bind_null(handle, index)
        case .integer(let integer): sqlite3_bind_int64(handle, index, integer)
        case .text(var text): text.withUTF8 { bindText(UnsafeRawBufferPointer($0), at: index) }
        case .rawText(let bytes): bytes.withUnsafeBytes { bindText($0, at: index) }
        case .bytes(let bytes): bytes.withUnsafeBytes { bindBytes($0, at: index) }
        }
    }

    private func bindText(_ text: UnsafeRawBufferPointer, at index: Int32) -> Int32 {
        guard let start = text.baseAddress, !text.isEmpty else {
            return sqlite3_bind_text(handle, index, "", 0, copied)
        }
        let bytes = start.assumingMemoryBound(to: CChar.self)
        let count = sqlite3_uint64(text.count)
        return sqlite3_bind_text64(handle, index, bytes, count, copied, UInt8(SQLITE_UTF8))
    }

    private func bindBytes(_ bytes: UnsafeRawBufferPointer, at index: Int32) -> Int32 {
        guard let start = bytes.baseAddress, !bytes.isEmpty else {
            return sqlite3_bind_zeroblob(handle, index, 0)
        }
        return sqlite3_bind_blob64(handle, index, start, sqlite3_uint64(bytes.count), copied)
    }
}

/// `SQLITE_TRANSIENT`: SQLite copies what is bound before the call returns.
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// The row that a statement stands on, read by the numbers of its columns.
struct Row {
    fileprivate let handle: OpaquePointer

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func int(_ column: Int32) -> Int { Int(integer(column)) }

    func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        let count = Int(sqlite3_column_bytes(handle, column))
        return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    func optionalBytes(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : bytes(column) }
}
