/// Where something begins in a file; both count from 1, columns in bytes.
struct TextPlace: Hashable, Sendable {
    var line: Int
    var column: Int
}

/// A JSON value, and where in the file it stands.
struct JSONNode: Sendable {
    indirect enum Value: Sendable {
        case object([JSONMember])
        case array([JSONNode])
        case string(String)
        case number(Double)
        case bool(Bool)
        case null

        /// What it is, for a person.
        var kind: String {
            switch self {
            case .object: "an object"
            case .array: "an array"
            case .string: "a string"
            case .number: "a number"
            case .bool: "true or false"
            case .null: "null"
            }
        }
    }

    let value: Value
    let place: TextPlace
    /// The value as the file has it, spaces and all.
    let text: String
}

/// One key of an object with its value.
struct JSONMember: Sendable {
    let key: String
    let place: TextPlace
    let node: JSONNode
}
