/// The value of a parameter, sent in PostgreSQL's binary format.
///
/// Its type goes with it, so `$1` is a `bigint` where an `integer` is given; columns of other
/// types need a cast in the statement. Of a `null` the server finds the type itself.
public enum Parameter: Hashable, Sendable {
    case null
    /// A `bigint`.
    case integer(Int64)
    case boolean(Bool)
    /// A `text`; the server refuses one with U+0000 (`22021`).
    case text(String)
    /// A `bytea`.
    case bytes([UInt8])
    /// A `timestamptz`, in microseconds since 1970.
    case time(Int64)
    case integers([Int64?])
    case booleans([Bool])
    case texts([String?])
    case byteStrings([[UInt8]?])
    case times([Int64?])
}

extension Parameter {
    public static func integer(_ value: Int) -> Parameter { .integer(Int64(value)) }

    var type: ServerType {
        switch self {
        case .null: .unknownYet
        case .integer: .int8
        case .boolean: .bool
        case .text: .text
        case .bytes: .bytea
        case .time: .timestamptz
        case .integers: .int8Array
        case .booleans: .boolArray
        case .texts: .textArray
        case .byteStrings: .byteaArray
        case .times: .timestamptzArray
        }
    }
}

/// A type of the server by its object identifier, which for its own types never changes.
struct ServerType: RawRepresentable, Hashable, Sendable {
    let rawValue: UInt32

    /// Asks the server to find out.
    static let unknownYet = ServerType(rawValue: 0)
    static let bool = ServerType(rawValue: 16)
    static let bytea = ServerType(rawValue: 17)
    static let char = ServerType(rawValue: 18)
    static let name = ServerType(rawValue: 19)
    static let int8 = ServerType(rawValue: 20)
    static let int2 = ServerType(rawValue: 21)
    static let int4 = ServerType(rawValue: 23)
    static let text = ServerType(rawValue: 25)
    static let oid = ServerType(rawValue: 26)
    static let json = ServerType(rawValue: 114)
    static let unknown = ServerType(rawValue: 705)
    static let bpchar = ServerType(rawValue: 1042)
    static let varchar = ServerType(rawValue: 1043)
    static let timestamp = ServerType(rawValue: 1114)
    static let timestamptz = ServerType(rawValue: 1184)
    static let xid8 = ServerType(rawValue: 5069)

    static let boolArray = ServerType(rawValue: 1000)
    static let byteaArray = ServerType(rawValue: 1001)
    static let int2Array = ServerType(rawValue: 1005)
    static let int4Array = ServerType(rawValue: 1007)
    static let textArray = ServerType(rawValue: 1009)
    static let varcharArray = ServerType(rawValue: 1015)
    static let int8Array = ServerType(rawValue: 1016)
    static let timestamptzArray = ServerType(rawValue: 1185)

    /// Microseconds from 1970 to the beginning of PostgreSQL's count, 2000-01-01.
    static let epochOffset: Int64 = 946_684_800_000_000
}
