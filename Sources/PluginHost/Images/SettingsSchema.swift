import FoundationEssentials

/// What a plugin's settings may be: the part of JSON Schema that the ABI names.
///
/// `type`, `properties`, `items`, `enum`, `minimum`, `maximum` and `required` are checked;
/// `description` and `default` are for people; an object takes no keys but its `properties`.
struct SettingsSchema: Sendable {
    private let root: JSON

    /// - Throws: what is wrong with the text, which is to be a schema.
    init(_ text: String) throws {
        root = try JSON(text)
        guard case .object = root else { throw SchemaFault("a schema is an object") }
    }

    /// - Throws: `SchemaFault` at the first thing that does not fit, with its path.
    func check(_ text: String) throws {
        try Self.check(try JSON(text), by: root, at: "")
    }

    private static func check(_ value: JSON, by schema: JSON, at path: String) throws(SchemaFault) {
        try checkType(value, schema, path)
        if case .array(let choices)? = schema["enum"], !choices.contains(value) {
            let known = choices.map(\.description).joined(separator: ", ")
            throw SchemaFault(path, "one of \(known) is expected, not \(value)")
        }
        if let number = value.number {
            if let least = schema["minimum"]?.number, number < least {
                throw SchemaFault(path, "\(value) is below \(JSON.number(least))")
            }
            if let most = schema["maximum"]?.number, number > most {
                throw SchemaFault(path, "\(value) is above \(JSON.number(most))")
            }
        }
        switch value {
        case .object(let members): try check(members, by: schema, at: path)
        case .array(let elements):
            guard let items = schema["items"] else { return }
            for (index, element) in elements.enumerated() {
                try check(element, by: items, at: "\(path)[\(index)]")
            }
        default: break
        }
    }

    private static func check(
        _ members: [String: JSON],
        by schema: JSON,
        at path: String
    ) throws(SchemaFault) {
        guard case .object(let properties)? = schema["properties"] else { return }
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            let inner = path.isEmpty ? key : "\(path).\(key)"
            guard let property = properties[key] else {
                let known = properties.keys.sorted().joined(separator: ", ")
                throw SchemaFault(inner, "there is no such setting; known here: \(known)")
            }
            try check(value, by: property, at: inner)
        }
        if case .array(let required)? = schema["required"] {
            for case .string(let key) in required where members[key] == nil {
                throw SchemaFault(path.isEmpty ? key : "\(path).\(key)", "it must be given")
            }
        }
    }

    private static func checkType(
        _ value: JSON,
        _ schema: JSON,
        _ path: String
    ) throws(SchemaFault) {
        guard case .string(let type)? = schema["type"] else { return }
        let fits =
            switch (type, value) {
            case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool),
                ("number", .number), ("null", .null):
                true
            case ("integer", .number(let number)): number.rounded() == number
            default: false
            }
        guard fits else { throw SchemaFault(path, "\(type) is expected, not \(value)") }
    }
}

/// Why settings do not fit their schema.
struct SchemaFault: Error, CustomStringConvertible {
    let description: String

    init(_ reason: String) { description = reason }

    init(_ path: String, _ reason: String) {
        description = path.isEmpty ? reason : "\(path): \(reason)"
    }
}

/// A value of JSON.
enum JSON: Hashable, Sendable, Decodable, CustomStringConvertible {
    case object([String: JSON])
    case array([JSON])
    case string(String)
    case number(Double)
    case bool(Bool)
    case null

    init(_ text: String) throws {
        do {
            self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
        } catch {
            throw SchemaFault("it is not JSON")
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    var number: Double? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    var description: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string(let text): "\"\(text)\""
        case .number(let number):
            Int64(exactly: number).map { "\($0)" } ?? "\(number)"
        case .bool(let value): "\(value)"
        case .null: "null"
        }
    }
}
