/// An element without children, given by strangers to our types: callers over a C interface.
///
/// Its texts are UTF-8 as it came, which nobody has looked at yet.
package struct Leaf {
    package typealias Text = UnsafeRawBufferPointer

    package let name: Text
    /// Empty: that of the element around it.
    package let namespace: Text
    package let attributes: [(name: Text, value: Text)]
    package let text: Text

    package init(
        _ name: Text,
        in namespace: Text,
        _ attributes: [(name: Text, value: Text)],
        text: Text
    ) {
        self.name = name
        self.namespace = namespace
        self.attributes = attributes
        self.text = text
    }

    /// Whether the names are names, in ASCII and without a colon, and no attribute comes twice.
    package var isWellFormed: Bool {
        guard Self.isName(name) else { return false }
        for (index, attribute) in attributes.enumerated() {
            guard Self.isName(attribute.name), !isEqual(Bytes(attribute.name), "xmlns"),
                !attributes[..<index].contains(where: {
                    isEqual(Bytes($0.name), Bytes(attribute.name))
                })
            else { return false }
        }
        return true
    }

    private static func isName(_ text: Text) -> Bool {
        guard let first = text.first, isLetter(first) else { return false }
        return text.allSatisfy {
            isLetter($0) || 0x30...0x39 ~= $0 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        0x41...0x5A ~= byte || 0x61...0x7A ~= byte || byte == UInt8(ascii: "_")
    }
}

extension ElementWriter {
    /// Adds an element without children.
    ///
    /// - Precondition: it is well-formed.
    package mutating func append(_ leaf: Leaf) {
        precondition(leaf.isWellFormed, "names are XML names without a colon")
        if leaf.namespace.isEmpty {
            builder.startElement(Bytes(leaf.name), namespace: nil)
        } else {
            withLegalBytes(leaf.namespace) {
                builder.startElement(Bytes(leaf.name), namespace: builder.namespace(ifOther: $0))
            }
        }
        for attribute in leaf.attributes {
            withLegalBytes(attribute.value) { builder.attribute(Bytes(attribute.name), $0) }
        }
        withLegalBytes(leaf.text) { builder.text($0) }
        builder.endElement()
    }
}

extension UnsafeBufferPointer<UInt8> {
    fileprivate init(_ text: UnsafeRawBufferPointer) {
        self = text.assumingMemoryBound(to: UInt8.self)
    }
}

/// Lends what XML can carry of a text: most is plain ASCII, and lent as it is.
private func withLegalBytes(_ text: UnsafeRawBufferPointer, _ body: (Bytes) -> Void) {
    guard text.allSatisfy({ 0x20..<0x7F ~= $0 }) else {
        return withUTF8(legalText(String(decoding: text, as: UTF8.self)), body)
    }
    body(Bytes(text))
}
