/// A JSON value, and the line on which it stands.
struct JSONNode: Sendable {
    indirect enum Value: Sendable {
        case object([(key: String, node: JSONNode)])
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
    let line: Int
}

/// What is wrong with a configuration, where, and what was expected.
public struct ConfigError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Such as `domains.localhost.limits.rosterItems`; empty for the file as a whole.
    public var path: String
    public var line: Int
    public var reason: String

    public init(path: String, line: Int, _ reason: String) {
        self.path = path
        self.line = line
        self.reason = reason
    }

    public var description: String {
        path.isEmpty ? "line \(line): \(reason)" : "line \(line): \(path): \(reason)"
    }
}
