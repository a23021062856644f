/// One key of `config.json`, for those who read about it; and what it holds in one configuration.
public struct ConfigurationEntry: Hashable, Sendable {
    /// When another value counts.
    public enum Effect: String, Sendable {
        /// As soon as the configuration is read again; no connection is dropped.
        case reload
        case restart
    }

    /// Such as `limits.rosterItems`; `[]` stands for any element, `<domain>` for any name.
    public var path: String
    /// What it may hold, for a person.
    public var type: String
    /// As JSON, or for a default that no value can tell, a word in brackets.
    public var value: String
    public var effect: Effect
    /// One sentence.
    public var meaning: String
}

extension Configuration {
    /// Every key with its default, in an order to read them.
    public static let reference: [ConfigurationEntry] = Configuration.usual.entries

    /// The same as a table in Markdown; README has it.
    public static var referenceTable: String {
        var lines = [
            "| key | type | default | what it does | counts from |",
            "|---|---|---|---|---|",
        ]
        for entry in reference {
            let cells = [
                "`\(entry.path)`", entry.type, "`\(entry.value)`", entry.meaning,
                entry.effect.rawValue,
            ]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n")
    }

    /// Every key with what it holds here.
    var entries: [ConfigurationEntry] { Self.keys.flatMap { $0.entries("", self) } }
}
