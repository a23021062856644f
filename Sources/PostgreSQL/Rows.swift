import CPostgreSQL

/// What one statement gave: rows of columns in the binary format, and how many rows it touched.
///
/// An accessor gives nil for NULL, and also for a row or column that is not there or is of another type
/// than asked for: what a server sends is never trusted.
public struct Rows: Sendable {
    public let count: Int
    public let columnCount: Int
    /// Rows inserted, updated, deleted or selected, as the server counts them.
    public let affected: Int
    private let memory: ResultMemory

    init(_ memory: ResultMemory) {
        self.memory = memory
        count = Int(PQntuples(memory.result))
        columnCount = Int(PQnfields(memory.result))
        affected = PQcmdTuples(memory.result).flatMap { Int(String(cString: $0)) } ?? 0
    }

    public var isEmpty: Bool { count == 0 }

    public func isNull(_ row: Int, _ column: Int) -> Bool {
        field(row, column) == nil
    }

    /// A `bigint`, `integer`, `smallint`, `oid` or `xid8`.
    public func integer(_ row: Int, _ column: Int) -> Int64? {
        guard let field = field(row, column) else { return nil }
        return field.integer
    }

    /// A `text` or its like; what is not UTF-8 is mended.
    public func text(_ row: Int, _ column: Int) -> String? {
        guard let field = field(row, column), field.isText else { return nil }
        return String(decoding: field.bytes, as: UTF8.self)
    }

    /// A `bytea`, or the bytes of a text.
    public func bytes(_ row: Int, _ column: Int) -> [UInt8]? {
        withBytes(row, column) { Array($0) }
    }

    /// Lends the bytes of a `bytea`, or of a text, without a copy.
    public func withBytes<R>(
        _ row: Int,
        _ column: Int,
        _ body: (UnsafeRawBufferPointer) -> R
    ) -> R? {
        guard let field = field(row, column), field.type == .bytea || field.isText else {
            return nil
        }
        return withExtendedLifetime(memory) { body(field.bytes) }
    }

    public func boolean(_ row: Int, _ column: Int) -> Bool? {
        guard let field = field(row, column), field.type == .bool, field.bytes.count == 1 else {
            return nil
        }
        return field.bytes[0] != 0
    }

    /// A `timestamptz` (or `timestamp`, taken for UTC) in microseconds since 1970.
    ///
    /// Held to what 64 bits can say.
    public func time(_ row: Int, _ column: Int) -> Int64? {
        guard let field = field(row, column),
            field.type == .timestamptz || field.type == .timestamp,
            let value = field.number(of: Int64.self)
        else { return nil }
        let (time, overflows) = value.addingReportingOverflow(ServerType.epochOffset)
        return overflows ? .max : time
    }

    /// An array of numbers, of one dimension.
    public func integers(_ row: Int, _ column: Int) -> [Int64?]? {
        elements(row, column)?.map { $0?.integer }
    }

    public func texts(_ row: Int, _ column: Int) -> [String?]? {
        elements(row, column)?.map { field in
            guard let field, field.isText else { return nil }
            return String(decoding: field.bytes, as: UTF8.self)
        }
    }

    public func byteStrings(_ row: Int, _ column: Int) -> [[UInt8]?]? {
        elements(row, column)?.map { field in
            guard let field, field.type == .bytea || field.isText else { return nil }
            return Array(field.bytes)
        }
    }

    private func elements(_ row: Int, _ column: Int) -> [Field?]? {
        field(row, column)?.elements
    }

    /// Nil for NULL, and for what is not there or not in the binary format.
    ///
    /// What it gives is valid as long as `memory`, which the caller holds.
    private func field(_ row: Int, _ column: Int) -> Field? {
        guard (0..<count).contains(row), (0..<columnCount).contains(column) else { return nil }
        let (result, row, column) = (memory.result, CInt(row), CInt(column))
        guard PQgetisnull(result, row, column) == 0, PQfformat(result, column) == 1,
            let value = PQgetvalue(result, row, column)
        else { return nil }
        let length = max(0, Int(PQgetlength(result, row, column)))
        return Field(
            type: ServerType(rawValue: PQftype(result, column)),
            bytes: UnsafeRawBufferPointer(start: value, count: length)
        )
    }
}

/// A result of libpq, freed with the last `Rows` that shows it.
///
/// Unchecked, because libpq changes nothing in a result that it has handed out: it is only read.
final class ResultMemory: @unchecked Sendable {
    let result: OpaquePointer

    init(_ result: OpaquePointer) { self.result = result }

    deinit { PQclear(result) }
}
