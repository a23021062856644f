import MartletXML

extension Stanza {
    /// Appends the canonical bytes: a start tag from the fields, then the shared content.
    public func append(to bytes: inout [UInt8]) { append(to: &bytes, isDeclared: false) }

    /// The canonical bytes as other places than a stream need them: with their namespace declared.
    package var declaredBytes: [UInt8] {
        var bytes: [UInt8] = []
        // The tag that is written anew, and its namespace.
        let texts = 128 + (id?.utf8.count ?? 0) + (language?.utf8.count ?? 0)
        let addresses = (to?.stableBytes.count ?? 0) + (from?.stableBytes.count ?? 0)
        bytes.reserveCapacity(element.byteCount + texts + addresses)
        append(to: &bytes, isDeclared: true)
        return bytes
    }

    private func append(to bytes: inout [UInt8], isDeclared: Bool) {
        bytes.append(kind.startTag)
        if isDeclared, element.isIn(XML.contentNamespace) {
            bytes.append(" xmlns='jabber:client'")
        }
        if !type.isImplied { bytes.appendAttribute(" type='", type.rawValue) }
        if let id { bytes.appendAttribute(" id='", id) }
        if let from { bytes.appendAttribute(" from='", from) }
        if let to { bytes.appendAttribute(" to='", to) }
        if let language { bytes.appendAttribute(" xml:lang='", language) }
        element.appendAttributes(to: &bytes, except: Self.ownAttributes)
        let start = bytes.count
        bytes.append(UInt8(ascii: ">"))
        element.appendContent(to: &bytes)
        if bytes.count == start + 1 {
            bytes[start] = UInt8(ascii: "/")
            bytes.append(UInt8(ascii: ">"))
        } else {
            bytes.append(kind.endTag)
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

extension Stanza.Kind {
    /// `<` and the name; attributes follow.
    fileprivate var startTag: StaticString {
        switch self {
        case .message: "<message"
        case .presence: "<presence"
        case .iq: "<iq"
        }
    }

    fileprivate var endTag: StaticString {
        switch self {
        case .message: "</message>"
        case .presence: "</presence>"
        case .iq: "</iq>"
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ literal: StaticString) {
        append(
            contentsOf: UnsafeBufferPointer(
                start: literal.utf8Start,
                count: literal.utf8CodeUnitCount
            )
        )
    }

    /// `opening` is all from the space before the name to the quote before the value.
    fileprivate mutating func appendAttribute(_ opening: StaticString, _ value: JID) {
        append(opening)
        value.withUTF8 { appendEscapedAttribute($0) }
        append(UInt8(ascii: "'"))
    }

    fileprivate mutating func appendAttribute(_ opening: StaticString, _ value: String) {
        append(opening)
        var value = value
        value.withUTF8 { appendEscapedAttribute(UnsafeRawBufferPointer($0)) }
        append(UInt8(ascii: "'"))
    }
}
