import MartletXML

extension Stanza {
    /// Appends the canonical bytes: a start tag from the fields, then the shared content.
    public func append(to bytes: inout [UInt8]) {
        let name = kind.name
        bytes.append(UInt8(ascii: "<"))
        bytes.append(contentsOf: name.utf8)
        if !type.isImplied { bytes.appendAttribute("type", type.rawValue) }
        if let id { bytes.appendAttribute("id", id) }
        if let from { bytes.appendAttribute("from", from) }
        if let to { bytes.appendAttribute("to", to) }
        if let language { bytes.appendAttribute("xml:lang", language) }
        element.appendAttributes(to: &bytes, except: Self.ownAttributes)
        let start = bytes.count
        bytes.append(UInt8(ascii: ">"))
        element.appendContent(to: &bytes)
        if bytes.count == start + 1 {
            bytes[start] = UInt8(ascii: "/")
            bytes.append(UInt8(ascii: ">"))
        } else {
            bytes.append(contentsOf: "</".utf8)
            bytes.append(contentsOf: name.utf8)
            bytes.append(UInt8(ascii: ">"))
        }
    }

    /// The canonical bytes on their own, as logs and offline stores keep them.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    /// What fields stand for; attributes of other names and without a namespace go along as they are.
    private static let ownAttributes: [StaticString] = ["type", "id", "from", "to"]
}

extension [UInt8] {
    fileprivate mutating func appendAttribute(_ name: StaticString, _ value: JID) {
        openAttribute(name)
        value.withUTF8 { appendEscaped($0) }
        append(UInt8(ascii: "'"))
    }

    fileprivate mutating func appendAttribute(_ name: StaticString, _ value: String) {
        openAttribute(name)
        appendEscaped(value)
        append(UInt8(ascii: "'"))
    }

    private mutating func openAttribute(_ name: StaticString) {
        append(UInt8(ascii: " "))
        append(
            contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        )
        append(contentsOf: "='".utf8)
    }

    private mutating func appendEscaped(_ text: String) {
        var text = text
        text.withUTF8 { appendEscaped(UnsafeRawBufferPointer($0)) }
    }

    private mutating func appendEscaped(_ text: UnsafeRawBufferPointer) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "<"): append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: "&"): append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: ">"): append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "'"): append(contentsOf: "&apos;".utf8)
            case 0x09: append(contentsOf: "&#9;".utf8)
            case 0x0A: append(contentsOf: "&#10;".utf8)
            case 0x0D: append(contentsOf: "&#13;".utf8)
            default: append(byte)
            }
        }
    }
}
