/// Writes a document's bytes and tape together, from the first tag to the last.
///
/// It is told a tree, and how each name is resolved; the canonical form is its own affair: no
/// prefix on elements, `xmlns` where the namespace differs from the parent's, single quotes.
struct DocumentBuilder: ~Copyable {
    struct Open: BitwiseCopyable {
        let index: Int
        /// The entry that declares its namespace, or -1: the content namespace, which no one does.
        let namespace: Int
    }

    var bytes = Scratch<UInt8>(capacity: 512)
    var nodes = Scratch<Node>(capacity: 32)
    var open = Scratch<Open>(capacity: 8)
    /// The last start tag still lacks its `>`.
    private(set) var isTagOpen = false

    var depth: Int { open.count }

    mutating func reset() {
        bytes.truncate(to: 0)
        nodes.truncate(to: 0)
        open.truncate(to: 0)
        isTagOpen = false
    }

    /// Begins an element; `namespace` is nil where it is the parent's.
    mutating func startElement(_ name: Bytes, namespace: Bytes?) {
        let inherited = open.last?.namespace ?? -1
        beginTag(name)
        guard let namespace else { return push(namespace: inherited) }
        bytes.append(" xmlns='")
        let node = writeValue(.namespace, nameStart: bytes.count, nameCount: 0, namespace)
        nodes.append(node)
        push(namespace: nodes.count - 1)
    }

    /// Writes `<name` and its entry, which the other functions complete.
    mutating func beginTag(_ name: Bytes) {
        closeTag()
        let start = UInt32(bytes.count)
        bytes.append(0x3C)
        bytes.append(name)
        nodes.append(
            Node(
                kind: .element,
                nameCount: UInt16(name.count),
                start: start,
                contentStart: start,
                end: start
            )
        )
        isTagOpen = true
    }

    /// Makes the element just begun the open one.
    mutating func push(namespace: Int) {
        let index = nodes.count - 1 - (namespace == nodes.count - 1 ? 1 : 0)
        if namespace >= 0 { nodes[index].namespace = Int32(namespace - index) }
        open.append(Open(index: index, namespace: namespace))
    }

    /// Adds an attribute without a namespace, or with the prefix `xml`.
    mutating func attribute(_ name: Bytes, _ value: Bytes, isXML: Bool = false) {
        bytes.append(0x20)
        if isXML { bytes.append("xml:") }
        var node = writeAttribute(name, value)
        if isXML { node.flags.insert(.isXML) }
        nodes.append(node)
    }

    /// Adds an attribute with a namespace, and the namespace's prefix unless this element has one.
    mutating func attribute(_ name: Bytes, in namespace: Bytes, _ value: Bytes) {
        let prefix = self.prefix(for: namespace)
        bytes.append(0x20)
        let start = Int(nodes[prefix].start)
        appendOwn(start..<start + Int(nodes[prefix].nameCount))
        bytes.append(0x3A)
        var node = writeAttribute(name, value)
        node.namespace = Int32(prefix - nodes.count)
        nodes.append(node)
    }

    /// Adds text to the open element; what follows other text becomes one with it.
    mutating func text(_ text: Bytes) {
        guard text.count > 0 else { return }
        closeTag()
        let start = bytes.count
        let isEscaped = bytes.appendEscaped(text, .text)
        if let last = nodes.last, last.kind == .text, Int(last.end) == start {
            nodes[nodes.count - 1].end = UInt32(bytes.count)
            if isEscaped { nodes[nodes.count - 1].flags.insert(.isEscaped) }
            return
        }
        nodes.append(
            Node(
                kind: .text,
                flags: isEscaped ? .isEscaped : [],
                start: UInt32(start),
                contentStart: UInt32(start),
                end: UInt32(bytes.count)
            )
        )
    }

    /// Ends the open element.
    mutating func endElement() {
        guard let ending = open.last else { return }
        open.truncate(to: open.count - 1)
        if isTagOpen {
            bytes.append("/>")
            isTagOpen = false
            nodes[ending.index].contentStart = UInt32(bytes.count)
        } else {
            bytes.append("</")
            appendOwn(nodes[ending.index].elementName)
            bytes.append(0x3E)
        }
        nodes[ending.index].end = UInt32(bytes.count)
        nodes[ending.index].span = UInt32(nodes.count - ending.index)
    }

    /// Copies what was written into a document of exactly its size.
    borrowing func makeDocument() -> Document {
        .make(
            nodes: UnsafeBufferPointer(start: nodes.base, count: nodes.count),
            bytes: bytes.bytes(0..<bytes.count)
        )
    }

    /// Ends the start tag before content.
    mutating func closeTag() {
        guard isTagOpen, let last = open.last else { return }
        bytes.append(0x3E)
        nodes[last.index].contentStart = UInt32(bytes.count)
        isTagOpen = false
    }

    /// Says that the tag begun last was completed by other means.
    mutating func markTagClosed() { isTagOpen = false }

    /// Appends a part of what stands here already.
    private mutating func appendOwn(_ range: Range<Int>) {
        bytes.reserve(range.count)
        bytes.append(bytes.base + range.lowerBound, range.count)
    }

    private mutating func writeAttribute(_ name: Bytes, _ value: Bytes) -> Node {
        let start = bytes.count
        bytes.append(name)
        bytes.append("='")
        return writeValue(.attribute, nameStart: start, nameCount: name.count, value)
    }

    /// Writes a value and its closing quote, and gives its entry.
    private mutating func writeValue(
        _ kind: Node.Kind,
        nameStart: Int,
        nameCount: Int,
        _ value: Bytes
    ) -> Node {
        let start = bytes.count
        let isEscaped = bytes.appendEscaped(value, .attribute)
        let end = bytes.count
        bytes.append(0x27)
        return Node(
            kind: kind,
            flags: isEscaped ? .isEscaped : [],
            nameCount: UInt16(nameCount),
            start: UInt32(nameStart),
            contentStart: UInt32(start),
            end: UInt32(end)
        )
    }

    /// The entry of the open element's prefix for a namespace, declared now if there is none.
    private mutating func prefix(for namespace: Bytes) -> Int {
        let before = bytes.count
        var known = 0
        let first = (open.last?.index ?? 0) + 1
        for index in first..<nodes.count where nodes[index].kind == .prefix { known += 1 }
        bytes.append(" xmlns:")
        let start = bytes.count
        withUTF8("n\(known)") { bytes.append($0) }
        let count = bytes.count - start
        bytes.append("='")
        let node = writeValue(.prefix, nameStart: start, nameCount: count, namespace)
        for index in first..<nodes.count
        where nodes[index].kind == .prefix
            && isEqual(bytes.bytes(nodes[index].value), bytes.bytes(node.value))
        {
            bytes.truncate(to: before)
            return index
        }
        nodes.append(node)
        return nodes.count - 1
    }
}
