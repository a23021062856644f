extension DocumentBuilder {
    /// Copies an element of a document as the next child, or as the root: bytes and tape, unparsed.
    ///
    /// Only its own `xmlns` may change, for it depends on the parent; all behind it is one copy.
    mutating func splice(_ tape: Tape, _ index: Int) {
        let element = tape.nodes[index]
        let firstNode = tape.firstInside(index)
        let firstByte = tape.attributesStart(of: index)
        startSpliced(tape, index)
        let started = open.count - 1
        let top = open[started]
        open.truncate(to: started)
        markTagClosed()

        let distance = bytes.count - firstByte
        bytes.append(tape.bytes(firstByte..<Int(element.end)))
        nodes[top.index].contentStart = UInt32(Int(element.contentStart) + distance)
        nodes[top.index].end = UInt32(bytes.count)
        copyNodes(tape, firstNode..<tape.endIndex(of: index), distance, top.namespace)
        nodes[top.index].span = UInt32(nodes.count - top.index)
    }

    /// Copies an element with some of its attributes replaced or, if nil, removed.
    ///
    /// They are those without a namespace. Its content is one copy, unparsed.
    mutating func splice(
        _ tape: Tape,
        _ index: Int,
        setting changes: KeyValuePairs<String, String?>
    ) {
        begin(copyOf: tape, index, setting: changes)
        endElement()
    }

    /// The same, and leaves it open for more behind its content.
    mutating func begin(
        copyOf tape: Tape,
        _ index: Int,
        setting changes: KeyValuePairs<String, String?> = [:]
    ) {
        let element = tape.nodes[index]
        startSpliced(tape, index)
        copyAttributes(tape, index) { name in
            changes.contains { change in isEqual(name, change.key) }
        }
        for case (let name, let value?) in changes {
            withUTF8(name) { name in withUTF8(legalText(value)) { attribute(name, $0) } }
        }
        if element.contentStart < element.end, let top = open.last {
            closeTag()
            let distance = bytes.count - Int(element.contentStart)
            bytes.append(tape.bytes(element.content))
            let content = tape.contentIndex(of: index)..<tape.endIndex(of: index)
            copyNodes(tape, content, distance, top.namespace)
        }
    }

    /// Copies the attributes of an element, as they are written, but for some without a namespace.
    private mutating func copyAttributes(
        _ tape: Tape,
        _ index: Int,
        except isLeftOut: (Bytes) -> Bool
    ) {
        tape.forEachAttribute(of: index) { source, written in
            var node = tape.nodes[source]
            guard !node.isPlainAttribute || !isLeftOut(tape.bytes(node.attributeName)) else {
                return
            }
            if node.namespace != 0 {
                let passed = (source + Int(node.namespace)..<source)
                    .count { tape.nodes[$0].kind == .prefix }
                node.namespace = Int32(prefix(countedBack: passed) - nodes.count)
            }
            node.shift(by: bytes.count - written.lowerBound)
            bytes.append(tape.bytes(written))
            nodes.append(node)
        }
    }

    /// The entry of a prefix just copied, the last being 1.
    private func prefix(countedBack wanted: Int) -> Int {
        var (left, at) = (wanted, nodes.count)
        while left > 0, at > 0 {
            at -= 1
            if nodes[at].kind == .prefix { left -= 1 }
        }
        return at
    }

    /// Copies entries that stand together, moving their ranges by `distance` bytes.
    ///
    /// A namespace declared before them can only be that of the element they are in.
    private mutating func copyNodes(
        _ tape: Tape,
        _ range: Range<Int>,
        _ distance: Int,
        _ namespace: Int
    ) {
        for index in range {
            var node = tape.nodes[index]
            node.shift(by: distance)
            let isInside = tape.namespaceNode(of: index).map { $0 >= range.lowerBound } ?? false
            if node.kind == .element, !isInside {
                node.namespace = namespace < 0 ? 0 : Int32(namespace - nodes.count)
            }
            nodes.append(node)
        }
    }

    /// Begins the copy of an element, with `xmlns` if the parent here is of another namespace.
    private mutating func startSpliced(_ tape: Tape, _ index: Int) {
        let name = tape.bytes(tape.nodes[index].elementName)
        guard let declared = tape.namespaceNode(of: index) else {
            return startElement(name, namespace: namespace(ifOther: Bytes("jabber:client")))
        }
        tape.withCharacters(of: tape.nodes[declared]) {
            startElement(name, namespace: namespace(ifOther: $0))
        }
    }

    /// The namespace, or nil where the open element has the same.
    borrowing func namespace(ifOther namespace: Bytes) -> Bytes? {
        let inherited = open.last?.namespace ?? -1
        guard inherited >= 0 else {
            return isEqual(namespace, "jabber:client") ? nil : namespace
        }
        let node = nodes[inherited]
        let written = bytes.bytes(node.value)
        guard node.flags.contains(.isEscaped) else {
            return isEqual(written, namespace) ? nil : namespace
        }
        let isSame = unescaped(written).withUnsafeBufferPointer { isEqual($0, namespace) }
        return isSame ? nil : namespace
    }
}
