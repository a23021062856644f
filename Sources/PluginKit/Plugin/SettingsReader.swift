import FoundationEssentials

/// Reads settings as the host hands them over.
enum SettingsReader {
    /// Lays what is written over the defaults.
    static func read<Settings: PluginSettings>(_ text: String, as type: Settings.Type) throws
        -> Settings
    {
        let usual = Settings()
        guard text != "{}", !text.isEmpty else { return usual }
        let written = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        let defaults = try JSONDecoder().decode(
            JSONValue.self,
            from: JSONEncoder().encode(usual)
        )
        let whole = try JSONEncoder().encode(defaults.overlaid(with: written))
        return try JSONDecoder().decode(Settings.self, from: whole)
    }
}

/// Any value of JSON, for laying one over another.
private enum JSONValue: Codable {
    case object([String: JSONValue])
    case array([JSONValue])
    case string(String)
    case number(Double)
    case bool(Bool)
    case null

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
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .object(let members): try container.encode(members)
        case .array(let elements): try container.encode(elements)
        case .string(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        case .bool(let value): try container.encode(value)
        case .null: try container.encodeNil()
        }
    }

    /// Objects are laid over each other key by key; of anything else, the other is taken.
    func overlaid(with other: JSONValue) -> JSONValue {
        guard case .object(let mine) = self, case .object(let theirs) = other else { return other }
        return .object(mine.merging(theirs) { $0.overlaid(with: $1) })
    }
}
