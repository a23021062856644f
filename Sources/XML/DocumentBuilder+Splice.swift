extension DocumentBuilder {
    /// Copies an element of a document as the next child, or as the root: bytes and tape, unparsed.
    ///
    /// Only its own `xmlns` may change, for it depends on the parent; all behind it is one copy.
    mutating func splice(_ tape: Tape, _ index: Int) {
        let element = tape.nodes[index]
        let firstNode = tape.firstInside(index)
        let hasOwnNamespace = firstNode == index + 2
        let firstByte =
            hasOwnNamespace
            ? Int(tape.nodes[index + 1].end) + 1 : Int(element.start) + 1 + Int(element.nameCount)
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
