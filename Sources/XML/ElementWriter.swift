/// Writes the inside of an element: its attributes first, then text and children in order.
///
/// Characters that XML cannot carry become U+FFFD.
public struct ElementWriter: ~Copyable {
    var builder = DocumentBuilder()

    /// Adds an attribute without a namespace, unless the value is nil.
    ///
    /// - Precondition: no content was written, and no attribute of this name.
    public mutating func attribute(_ name: String, _ value: String?) {
        guard let value else { return }
        requireTag(name)
        withUTF8(name) { name in withUTF8(legalText(value)) { builder.attribute(name, $0) } }
    }

    /// Adds an attribute in a namespace; `XML.xmlNamespace` makes it `xml:…`.
    ///
    /// - Precondition: no content was written, and no attribute of this name.
    public mutating func attribute(_ name: String, in namespace: String, _ value: String?) {
        guard let value else { return }
        guard !namespace.isEmpty else { return attribute(name, value) }
        requireTag(name)
        withUTF8(name) { name in
            withUTF8(legalText(value)) { value in
                guard namespace != XML.xmlNamespace else {
                    return builder.attribute(name, value, isXML: true)
                }
                withUTF8(legalText(namespace)) { builder.attribute(name, in: $0, value) }
            }
        }
    }

    /// Adds an attribute whose value is UTF-8 that was read from text or XML before.
    public mutating func attribute(_ name: StaticString, utf8 value: UnsafeRawBufferPointer) {
        precondition(builder.isTagOpen, "attributes come before content")
        builder.attribute(Bytes(name), value.assumingMemoryBound(to: UInt8.self))
    }

    /// Adds text.
    public mutating func text(_ text: String) {
        withUTF8(legalText(text)) { builder.text($0) }
    }

    /// Adds an element; its namespace is by default that of the element around it.
    ///
    /// - Precondition: names are XML names without a colon.
    public mutating func element(
        _ name: String,
        in namespace: String? = nil,
        _ attributes: KeyValuePairs<String, String?> = [:],
        _ content: (inout ElementWriter) -> Void = { _ in }
    ) {
        precondition(isName(name), "an element's name is an XML name without a colon")
        withUTF8(name) { name in
            guard let namespace else { return builder.startElement(name, namespace: nil) }
            withUTF8(legalText(namespace)) {
                builder.startElement(name, namespace: builder.namespace(ifOther: $0))
            }
        }
        for (name, value) in attributes { attribute(name, value) }
        content(&self)
        builder.endElement()
    }

    /// Copies an element and all that is in it, without parsing anything again.
    public mutating func append(_ element: Element) {
        element.document.read { builder.splice($0, element.index) }
    }

    /// Copies all that is in an element, but not its own tags.
    public mutating func appendContent(of element: Element) {
        element.document.read { tape in
            var at = tape.contentIndex(of: element.index)
            let end = tape.endIndex(of: element.index)
            while at < end {
                let node = tape.nodes[at]
                switch node.kind {
                case .element: builder.splice(tape, at)
                default: tape.withCharacters(of: node) { builder.text($0) }
                }
                at += Int(node.span)
            }
        }
    }

    private func requireTag(_ name: String) {
        precondition(builder.isTagOpen, "attributes come before content")
        precondition(isName(name) && name != "xmlns", "an attribute's name is an XML name")
    }
}

/// Whether a name of ours may stand in a tag; one beyond ASCII is taken on trust.
private func isName(_ name: String) -> Bool {
    withUTF8(name) { bytes in
        guard let first = bytes.first, isNameByte(first), first != 0x2D, first != 0x2E,
            !(0x30...0x39).contains(first)
        else { return false }
        return bytes.allSatisfy(isNameByte)
    }
}

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x5F, 0x2D, 0x2E, 0x80...0xFF: true
    default: false
    }
}
