extension Element {
    /// The canonical bytes between the start tag and the end tag.
    ///
    /// They inherit this element's namespace: write them into one that has the same.
    public var contentBytes: [UInt8] { withContentBytes { [UInt8]($0) } }

    /// Lends the canonical bytes between the start tag and the end tag.
    public func withContentBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        document.read { tape in
            body(UnsafeRawBufferPointer(tape.bytes(tape.nodes[index].content)))
        }
    }

    /// Appends the canonical bytes between the start tag and the end tag.
    public func appendContent(to output: inout [UInt8]) {
        withContentBytes { output.append(contentsOf: $0) }
    }

    /// Appends the canonical form, as the root of a document would have it.
    ///
    /// A namespace that an element around this one declared is declared here.
    public func append(to output: inout [UInt8]) {
        withBytes { output.append(contentsOf: $0) }
    }

    /// Lends the canonical form, as the root of a document would have it.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        guard isRoot else { return detached().withBytes(body) }
        return document.read { body(UnsafeRawBufferPointer($0.bytes)) }
    }

    /// This element as a document of its own, which does not keep the larger one alive.
    public func detached() -> Element {
        guard !isRoot else { return self }
        var builder = DocumentBuilder()
        document.read { builder.splice($0, index) }
        return Element(document: builder.makeDocument())
    }

    /// This element as a document of its own, with attributes set (or, if nil, removed).
    ///
    /// They are those without a namespace. The rest is copied, not parsed.
    public func setting(_ changes: KeyValuePairs<String, String?>) -> Element {
        var builder = DocumentBuilder()
        document.read { builder.splice($0, index, setting: changes) }
        return Element(document: builder.makeDocument())
    }
}

extension Element {
    /// This element as a document of its own, with more behind its content; the rest is copied, not parsed.
    public func appending(_ more: (inout ElementWriter) -> Void) -> Element {
        var writer = ElementWriter()
        document.read { writer.builder.begin(copyOf: $0, index) }
        more(&writer)
        writer.builder.endElement()
        return Element(document: writer.builder.makeDocument())
    }
}

extension Element {
    /// Appends the canonical form with attributes set (or, if nil, removed), and builds nothing.
    ///
    /// It is what ``setting(_:)`` would give: for a stanza that goes to many.
    public func append(to output: inout [UInt8], setting changes: KeyValuePairs<String, String?>) {
        guard isRoot else { return detached().append(to: &output, setting: changes) }
        document.read { tape in
            output.append(contentsOf: tape.bytes(0..<tape.attributesStart(of: 0)))
            tape.forEachAttribute(of: 0) { entry, written in
                let node = tape.nodes[entry]
                let isChanged =
                    node.isPlainAttribute
                    && changes.contains { isEqual(tape.bytes(node.attributeName), $0.key) }
                if !isChanged { output.append(contentsOf: tape.bytes(written)) }
            }
            for case (let name, let value?) in changes { output.append(attribute: name, value) }
            let element = tape.nodes[0]
            guard element.contentStart < element.end else {
                return output.append(contentsOf: Bytes("/>"))
            }
            output.append(0x3E)
            let rest = Int(element.contentStart)..<Int(element.end)
            output.append(contentsOf: tape.bytes(rest))
        }
    }
}

extension [UInt8] {
    /// Appends ` name='value'` as a canonical document has it.
    fileprivate mutating func append(attribute name: String, _ value: String) {
        append(0x20)
        append(contentsOf: name.utf8)
        append(contentsOf: Bytes("='"))
        withUTF8(legalText(value)) { appendEscapedAttribute(UnsafeRawBufferPointer($0)) }
        append(0x27)
    }
}

extension Element: CustomStringConvertible {
    /// The canonical form.
    public var description: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
