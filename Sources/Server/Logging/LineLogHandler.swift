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
        LogWriter.standardError.put(bytes(event, time: time), isUrgent: event.level >= .notice)
    }

    /// What is written of an event, without the line feed.
    func line(_ event: LogEvent, time: String) -> String {
        String(decoding: bytes(event, time: time), as: UTF8.self)
    }

    private func bytes(_ event: LogEvent, time: String) -> [UInt8] {
        var facts = metadata
        if let own = event.metadata {
            if facts.isEmpty { facts = own } else { facts.merge(own) { $1 } }
        }
        return switch format {
        case .text: text(time, event, facts)
        case .json: Array(json(time, event, facts).utf8)
        }
    }

    private func text(_ time: String, _ event: LogEvent, _ facts: Logger.Metadata) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(192)
        line += time.utf8
        line.append(UInt8(ascii: " "))
        line += event.level.rawValue.utf8
        line.append(UInt8(ascii: " "))
        Self.append(event.message.description, to: &line)
        for place in facts.indices.sorted(by: { facts[$0].key < facts[$1].key }) {
            line.append(UInt8(ascii: " "))
            line += facts[place].key.utf8
            line.append(UInt8(ascii: "="))
            if case .string(let text) = facts[place].value {
                Self.append(text, to: &line)
            } else {
                Self.append(facts[place].value.description, to: &line)
            }
        }
        return line
    }

    /// Writes a text as it is, and looks at the bytes then, which are in one piece.
    private static func append(_ text: String, to line: inout [UInt8]) {
        let begin = line.count
        line += text.utf8
        guard !line[begin...].allSatisfy(isPlain) else { return }
        line.removeSubrange(begin...)
        line += quoted(text).utf8
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

    /// Whether it is of ASCII, and nothing that could be mistaken.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
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
