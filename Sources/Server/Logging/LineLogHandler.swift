import Foundation
public import Logging
import MartletCore
import MartletStorage

/// Writes one line an event to standard error: for people, or as JSON for machines.
///
/// Values are escaped, so that nothing a peer sent can begin a line of its own.
public struct LineLogHandler: LogHandler {
    public enum Format: String, CaseIterable, Sendable { case text, json }

    public var metadata: Logger.Metadata = [:]
    public var logLevel = Logger.Level.info
    private let label: String
    private let format: Format

    public init(label: String, format: Format) {
        self.label = label
        self.format = format
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let time = DateTime.text(microseconds: Timestamp.now().microseconds)
        FileHandle.standardError.write(Data((line(event, time: time) + "\n").utf8))
    }

    /// What is written of an event, without the line feed.
    func line(_ event: LogEvent, time: String) -> String {
        var facts = metadata
        if let own = event.metadata { facts.merge(own) { $1 } }
        return switch format {
        case .text: text(time, event, facts)
        case .json: json(time, event, facts)
        }
    }

    private func text(_ time: String, _ event: LogEvent, _ facts: Logger.Metadata) -> String {
        var line = "\(time) \(event.level.rawValue) \(Self.quoted(event.message.description))"
        for (name, value) in facts.sorted(by: { $0.key < $1.key }) {
            line += " \(name)=\(Self.quoted(value.description))"
        }
        return line
    }

    private func json(_ time: String, _ event: LogEvent, _ facts: Logger.Metadata) -> String {
        var fields = [
            ("time", time), ("level", event.level.rawValue), ("event", "\(event.message)"),
        ]
        fields += facts.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) }
        let members = fields.map { "\(Self.literal($0.0)):\(Self.literal($0.1))" }
        return "{\(members.joined(separator: ","))}"
    }

    /// The text as it is, or as a literal where it could be mistaken for more than one word.
    private static func quoted(_ text: String) -> String {
        let isSentence = text.unicodeScalars.allSatisfy {
            !isControl($0) && $0 != "\"" && $0 != "="
        }
        return isSentence ? text : literal(text)
    }

    /// Whether something that shows text could take it for a command, or for a line's end.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    private static func literal(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case _ where isControl(scalar):
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
