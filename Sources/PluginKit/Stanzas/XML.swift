/// XML being written: zero or more elements, well-formed by construction.
///
///     XML("query", in: "jabber:iq:version") {
///         $0.element("name") { $0.text("Martlet") }
///     }
public struct XML: Sendable, Hashable {
    /// As it goes to the server.
    public private(set) var text: String

    /// Nothing; to be appended to.
    public init() { text = "" }

    /// One element; an attribute whose value is nil is left out.
    public init(
        _ name: String,
        in namespace: String? = nil,
        _ attributes: KeyValuePairs<String, String?> = [:],
        _ content: (inout XML) -> Void = { _ in }
    ) {
        text = ""
        element(name, in: namespace, attributes, content)
    }

    /// Text that is known to be well-formed: what the server gave, or a literal.
    public init(trusting text: String) { self.text = text }

    /// Appends an element; without a namespace it has that of the element around it.
    public mutating func element(
        _ name: String,
        in namespace: String? = nil,
        _ attributes: KeyValuePairs<String, String?> = [:],
        _ content: (inout XML) -> Void = { _ in }
    ) {
        text += "<\(name)"
        if let namespace { attribute("xmlns", namespace) }
        for case (let name, let value?) in attributes { attribute(name, value) }
        var inside = XML()
        content(&inside)
        if inside.text.isEmpty {
            text += "/>"
        } else {
            text += ">\(inside.text)</\(name)>"
        }
    }

    private mutating func attribute(_ name: String, _ value: String) {
        text += " \(name)='"
        append(escaping: value)
        text += "'"
    }

    /// Appends characters; those that XML cannot carry become U+FFFD.
    public mutating func text(_ characters: String) { append(escaping: characters) }

    /// Appends what was written elsewhere.
    public mutating func append(_ other: XML) { text += other.text }

    /// Appends an element of a stanza, with its namespace declared.
    public mutating func append(_ node: Node) { text += node.xml.text }

    private mutating func append(escaping characters: String) {
        // Most have nothing that XML writes otherwise, and are taken whole.
        guard characters.utf8.contains(where: Self.mayNeedEscaping) else {
            text += characters
            return
        }
        for scalar in characters.unicodeScalars {
            switch scalar {
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "&": text += "&amp;"
            case "'": text += "&apos;"
            case "\"": text += "&quot;"
            case "\t": text += "&#9;"
            case "\n": text += "&#10;"
            case "\r": text += "&#13;"
            case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}": text.unicodeScalars.append("\u{FFFD}")
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    /// Markup, controls, and the first byte of U+FFFE and U+FFFF.
    private static func mayNeedEscaping(_ byte: UInt8) -> Bool {
        switch byte {
        case 0..<0x20, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), UInt8(ascii: "'"),
            UInt8(ascii: "\""), 0xEF:
            true
        default: false
        }
    }
}
