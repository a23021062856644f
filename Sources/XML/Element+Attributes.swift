extension Element {
    /// One attribute; `namespace` is nil where it has no prefix.
    public struct Attribute: Hashable, Sendable {
        public let name: String
        public let namespace: String?
        public let value: String
    }

    /// The value of an attribute without a namespace.
    public subscript(name: String) -> String? { attribute(name) }

    /// The value of an attribute without a namespace.
    public func attribute(_ name: String) -> String? {
        document.read { tape in
            withUTF8(name) { tape.attribute($0, of: index) }
                .map { tape.characters(of: tape.nodes[$0]) }
        }
    }

    /// The value of an attribute in a namespace (`XML.xmlNamespace` for `xml:lang` and the like).
    public func attribute(_ name: String, in namespace: String) -> String? {
        attributes.first { $0.name == name && $0.namespace == namespace }?.value
    }

    /// Whether an attribute without a namespace is there and has this value.
    public func hasAttribute(_ name: String, _ value: String) -> Bool {
        document.read { tape in
            guard let found = withUTF8(name, { tape.attribute($0, of: index) }) else {
                return false
            }
            return withUTF8(value) { tape.isValue(tape.nodes[found], equalTo: $0) }
        }
    }

    /// Lends the characters of an attribute without a namespace, or nil, for the hot path.
    ///
    /// They are in place, and nothing is allocated, unless the value has references in it.
    public func withAttributeBytes<R>(
        _ name: StaticString,
        _ body: (UnsafeRawBufferPointer?) -> R
    ) -> R {
        document.read { tape in
            guard let found = tape.attribute(Bytes(name), of: index) else { return body(nil) }
            return tape.withCharacters(of: tape.nodes[found]) { body(UnsafeRawBufferPointer($0)) }
        }
    }

    /// All attributes, in the order they were sent; namespace declarations are none.
    public var attributes: [Attribute] {
        document.read { tape in
            (tape.firstInside(index)..<tape.contentIndex(of: index))
                .filter { tape.nodes[$0].kind == .attribute }
                .map { attribute(tape, $0) }
        }
    }

    /// The language in scope: this element's `xml:lang` or that of the nearest element around it.
    public var language: String? {
        document.read { tape in
            var found: Int?
            var at = 0
            while at <= index {  // Only elements around this one, and itself, are stepped into.
                let node = tape.nodes[at]
                guard node.kind != .element || at + Int(node.span) > index else {
                    at += Int(node.span)
                    continue
                }
                if node.kind == .element { found = languageAttribute(tape, at) ?? found }
                at += 1
            }
            return found.map { tape.characters(of: tape.nodes[$0]) }
        }
    }

    private func languageAttribute(_ tape: Tape, _ index: Int) -> Int? {
        (tape.firstInside(index)..<tape.contentIndex(of: index)).first {
            tape.nodes[$0].flags.contains(.isXML)
                && isEqual(tape.bytes(tape.nodes[$0].attributeName), "lang")
        }
    }

    private func attribute(_ tape: Tape, _ index: Int) -> Attribute {
        let node = tape.nodes[index]
        var namespace: String?
        if node.flags.contains(.isXML) {
            namespace = XML.xmlNamespace
        } else if let declared = tape.namespaceNode(of: index) {
            namespace = tape.characters(of: tape.nodes[declared])
        }
        return Attribute(
            name: String(utf8: tape.bytes(node.attributeName)),
            namespace: namespace,
            value: tape.characters(of: node)
        )
    }
}
