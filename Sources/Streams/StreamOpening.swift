public import MartletCore

/// The start tag that opens a stream (RFC 6120 §4.7), as bytes.
public struct StreamOpening: Sendable {
    public var to: String?
    public var from: String?
    public var id: String?
    public var language: String?
    public var contentNamespace: String
    /// Nil for components, whose streams have none (XEP-0114 §3).
    public var version: String? = "1.0"
    /// Whether the prefix `db` is declared (XEP-0220 §2.1).
    public var declaresDialback = false

    public init(
        to: String? = nil,
        from: String? = nil,
        id: String? = nil,
        language: String? = nil,
        contentNamespace: String = Namespace.client
    ) {
        self.to = to
        self.from = from
        self.id = id
        self.language = language
        self.contentNamespace = contentNamespace
    }

    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(320)
        bytes += "<?xml version='1.0'?><stream:stream xmlns='".utf8
        bytes += contentNamespace.utf8
        bytes += "' xmlns:stream='".utf8
        bytes += Namespace.streams.utf8
        bytes.append(UInt8(ascii: "'"))
        Self.append(" xmlns:db='", declaresDialback ? Namespace.dialback : nil, to: &bytes)
        Self.append(" version='", version, to: &bytes)
        Self.append(" from='", from, to: &bytes)
        Self.append(" to='", to, to: &bytes)
        Self.append(" id='", id, to: &bytes)
        Self.append(" xml:lang='", language, to: &bytes)
        bytes.append(UInt8(ascii: ">"))
        return bytes
    }

    public static let closing = Array("</stream:stream>".utf8)

    /// Writes an attribute that has a value.
    private static func append(_ start: String, _ value: String?, to bytes: inout [UInt8]) {
        guard let value else { return }
        bytes += start.utf8
        let begin = bytes.count
        bytes += value.utf8
        if bytes[begin...].contains(where: isSpecial) {
            bytes.removeSubrange(begin...)
            escape(value, into: &bytes)
        }
        bytes.append(UInt8(ascii: "'"))
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "<") || byte == UInt8(ascii: "&") || byte == UInt8(ascii: "'")
    }

    private static func escape(_ value: String, into bytes: inout [UInt8]) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "'"): bytes += "&apos;".utf8
            default: bytes.append(byte)
            }
        }
    }
}
