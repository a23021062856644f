public import MartletCore

/// The start tag that opens a stream (RFC 6120 §4.7), as bytes.
public struct StreamOpening: Sendable {
    public var to: String?
    public var from: String?
    public var id: String?
    public var language: String?
    public var contentNamespace: String

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
        var text = "<?xml version='1.0'?><stream:stream xmlns='\(contentNamespace)'"
        text += " xmlns:stream='\(Namespace.streams)' version='1.0'"
        for (name, value) in [("from", from), ("to", to), ("id", id), ("xml:lang", language)] {
            if let value { text += " \(name)='\(escaped(value))'" }
        }
        return Array((text + ">").utf8)
    }

    public static let closing = Array("</stream:stream>".utf8)

    private func escaped(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "<": escaped += "&lt;"
            case "&": escaped += "&amp;"
            case "'": escaped += "&apos;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
