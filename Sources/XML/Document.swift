/// An immutable document in one heap object: its tape and, behind it, its canonical bytes.
final class Document: ManagedBuffer<Document.Size, Node> {
    struct Size {
        let nodes: Int
        let bytes: Int
    }

    static func make(nodes: UnsafeBufferPointer<Node>, bytes: Bytes) -> Document {
        let stride = MemoryLayout<Node>.stride
        let room = nodes.count + (bytes.count + stride - 1) / stride
        let made = unsafeDowncast(
            Document.create(minimumCapacity: room) { _ in
                Size(nodes: nodes.count, bytes: bytes.count)
            },
            to: Document.self
        )
        made.withUnsafeMutablePointerToElements { tape in
            _ = UnsafeMutableBufferPointer(start: tape, count: room).initialize(from: nodes)
            let text = UnsafeMutableRawBufferPointer(start: tape + nodes.count, count: bytes.count)
            text.copyMemory(from: UnsafeRawBufferPointer(bytes))
        }
        return made
    }

    /// Lends the tape and the bytes; neither outlives the call.
    func read<R>(_ body: (Tape) -> R) -> R {
        withUnsafeMutablePointers { size, tape in
            body(Tape(nodes: tape, size: size.pointee))
        }
    }
}

/// A document's tape and bytes while ``Document/read(_:)`` lends them.
struct Tape {
    let nodes: UnsafePointer<Node>
    let size: Document.Size

    init(nodes: UnsafePointer<Node>, size: Document.Size) {
        self.nodes = nodes
        self.size = size
    }

    var bytes: Bytes {
        Bytes(
            start: UnsafeRawPointer(nodes + size.nodes).assumingMemoryBound(to: UInt8.self),
            count: size.bytes
        )
    }

    func bytes(_ range: Range<Int>) -> Bytes { Bytes(rebasing: bytes[range]) }

    /// The characters of a value or a text, references read.
    func characters(of node: Node) -> String {
        guard node.flags.contains(.isEscaped) else { return String(utf8: bytes(node.value)) }
        return String(decoding: unescaped(bytes(node.value)), as: UTF8.self)
    }

    /// Lends the characters of a value: in place, unless there are references to read.
    func withCharacters<R>(of node: Node, _ body: (Bytes) -> R) -> R {
        guard node.flags.contains(.isEscaped) else { return body(bytes(node.value)) }
        return unescaped(bytes(node.value)).withUnsafeBufferPointer(body)
    }

    func isValue(_ node: Node, equalTo text: Bytes) -> Bool {
        guard node.flags.contains(.isEscaped) else { return isEqual(bytes(node.value), text) }
        return withCharacters(of: node) { isEqual($0, text) }
    }

    /// The entry that declares the namespace of the element or attribute at `index`.
    func namespaceNode(of index: Int) -> Int? {
        let distance = nodes[index].namespace
        return distance == 0 ? nil : index + Int(distance)
    }

    func isNamed(_ index: Int, _ name: Bytes, in namespace: Bytes) -> Bool {
        isEqual(bytes(nodes[index].elementName), name) && isIn(index, namespace)
    }

    /// Whether the element at `index` is in a namespace.
    func isIn(_ index: Int, _ namespace: Bytes) -> Bool {
        guard let declared = namespaceNode(of: index) else {
            return isEqual(namespace, "jabber:client")
        }
        return isValue(nodes[declared], equalTo: namespace)
    }

    /// The first entry after an element's namespace: its attributes, then its content.
    func firstInside(_ index: Int) -> Int { nodes[index].namespace == 1 ? index + 2 : index + 1 }

    /// Where an element's attributes are written, behind its name and its `xmlns`.
    func attributesStart(of index: Int) -> Int {
        nodes[index].namespace == 1
            ? Int(nodes[index + 1].end) + 1 : nodes[index].elementName.upperBound
    }

    /// Visits the attributes of an element, and the prefixes between them, with where each is
    /// written, from the space before its name to its closing quote.
    func forEachAttribute(of index: Int, _ body: (_ entry: Int, _ written: Range<Int>) -> Void) {
        var from = attributesStart(of: index)
        for entry in firstInside(index)..<contentIndex(of: index) {
            let end = Int(nodes[entry].end) + 1
            body(entry, from..<end)
            from = end
        }
    }

    /// The entry past an element and all that is in it.
    func endIndex(of index: Int) -> Int { index + Int(nodes[index].span) }

    /// Where an element's first child or text is, or its end.
    func contentIndex(of index: Int) -> Int {
        let end = endIndex(of: index)
        var at = firstInside(index)
        while at < end, nodes[at].kind == .attribute || nodes[at].kind == .prefix { at += 1 }
        return at
    }

    /// The entry of the attribute with this name and no namespace.
    func attribute(_ name: Bytes, of index: Int) -> Int? {
        let end = endIndex(of: index)
        var at = firstInside(index)
        while at < end, nodes[at].kind == .attribute || nodes[at].kind == .prefix {
            let node = nodes[at]
            if node.isPlainAttribute, isEqual(bytes(node.attributeName), name) { return at }
            at += 1
        }
        return nil
    }
}
