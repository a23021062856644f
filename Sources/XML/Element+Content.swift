extension Element {
    /// The elements directly inside one, in order.
    public struct Children: Sequence, Sendable {
        let parent: Element

        public func makeIterator() -> Iterator {
            parent.document.read { tape in
                Iterator(
                    document: parent.document,
                    at: tape.contentIndex(of: parent.index),
                    end: tape.endIndex(of: parent.index)
                )
            }
        }

        public struct Iterator: IteratorProtocol {
            let document: Document
            var at: Int
            let end: Int

            public mutating func next() -> Element? {
                document.read { tape in
                    while at < end, tape.nodes[at].kind != .element { at += 1 }
                    guard at < end else { return nil }
                    defer { at = tape.endIndex(of: at) }
                    return Element(document: document, index: at)
                }
            }
        }
    }

    public var children: Children { Children(parent: self) }

    /// The first element inside, whatever it is.
    public var firstChild: Element? {
        var iterator = children.makeIterator()
        return iterator.next()
    }

    /// The first element inside that has this name; its namespace is the content one by default.
    public func child(_ name: String, in namespace: String = XML.contentNamespace) -> Element? {
        document.read { tape in
            withUTF8(name) { name in
                withUTF8(namespace) { firstChild(tape, name, $0) }
            }
        }
    }

    /// The same with literals, for the hot path.
    public func child(_ name: StaticString, _ namespace: StaticString) -> Element? {
        document.read { firstChild($0, Bytes(name), Bytes(namespace)) }
    }

    /// All elements inside that have this name.
    public func children(_ name: String, in namespace: String = XML.contentNamespace) -> [Element] {
        children.filter { $0.isNamed(name, in: namespace) }
    }

    /// The element's own text, without that of its children.
    public var text: String {
        document.read { tape in
            var result: String?
            var at = tape.contentIndex(of: index)
            let end = tape.endIndex(of: index)
            while at < end {
                let node = tape.nodes[at]
                if node.kind == .text {
                    let piece = tape.characters(of: node)
                    result = result.map { $0 + piece } ?? piece
                }
                at += Int(node.span)
            }
            return result ?? ""
        }
    }

    /// Whether neither elements nor text are inside.
    public var isEmpty: Bool {
        document.read { $0.contentIndex(of: index) == $0.endIndex(of: index) }
    }

    /// Whether any text, be it a space, stands directly inside.
    public var hasText: Bool {
        document.read { tape in
            var at = tape.contentIndex(of: index)
            let end = tape.endIndex(of: index)
            while at < end, tape.nodes[at].kind != .text { at += Int(tape.nodes[at].span) }
            return at < end
        }
    }

    private func firstChild(_ tape: Tape, _ name: Bytes, _ namespace: Bytes) -> Element? {
        var at = tape.contentIndex(of: index)
        let end = tape.endIndex(of: index)
        while at < end {
            if tape.nodes[at].kind == .element, tape.isNamed(at, name, in: namespace) {
                return Element(document: document, index: at)
            }
            at += Int(tape.nodes[at].span)
        }
        return nil
    }
}
