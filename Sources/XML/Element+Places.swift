/// Elements named by their place in a document, for those who cannot keep an `Element`: callers over
/// a C interface, who hold the document by other means.
extension Element {
    /// Where this element is in its document.
    package var place: Int { index }

    /// The element at a place of the same document; nil where none is.
    package func element(at place: Int) -> Element? {
        let isThere = document.read { tape in
            place >= 0 && place < tape.size.nodes && tape.nodes[place].kind == .element
        }
        return isThere ? Element(document: document, index: place) : nil
    }

    /// The first child that has a name and a namespace; empty ones stand for any.
    package func firstPlace(_ name: UnsafeRawBufferPointer, _ namespace: UnsafeRawBufferPointer)
        -> Int?
    {
        document.read { tape in
            search(tape, from: tape.contentIndex(of: index), name, namespace)
        }
    }

    /// The first such child behind the one at `place`.
    package func place(
        behind place: Int,
        _ name: UnsafeRawBufferPointer,
        _ namespace: UnsafeRawBufferPointer
    ) -> Int? {
        document.read { tape in
            guard place > index, place < tape.endIndex(of: index),
                tape.nodes[place].kind == .element
            else { return nil }
            return search(tape, from: tape.endIndex(of: place), name, namespace)
        }
    }

    private func search(
        _ tape: Tape,
        from start: Int,
        _ name: UnsafeRawBufferPointer,
        _ namespace: UnsafeRawBufferPointer
    ) -> Int? {
        let (name, namespace) = (
            name.assumingMemoryBound(to: UInt8.self), namespace.assumingMemoryBound(to: UInt8.self)
        )
        let end = tape.endIndex(of: index)
        var at = start
        while at < end {
            let node = tape.nodes[at]
            if node.kind == .element,
                name.isEmpty || isEqual(tape.bytes(node.elementName), name),
                namespace.isEmpty || tape.isIn(at, namespace)
            {
                return at
            }
            at += Int(node.span)
        }
        return nil
    }

    /// The bytes of the name, which stay where they are as long as the document does.
    package var nameBytes: UnsafeRawBufferPointer {
        document.read { UnsafeRawBufferPointer($0.bytes($0.nodes[index].elementName)) }
    }

    /// Lends the characters of the namespace.
    package func withNamespaceBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        document.read { tape in
            guard let declared = tape.namespaceNode(of: index) else {
                return withUTF8(XML.contentNamespace) { body(UnsafeRawBufferPointer($0)) }
            }
            return tape.withCharacters(of: tape.nodes[declared]) {
                body(UnsafeRawBufferPointer($0))
            }
        }
    }

    /// Lends the characters of an attribute without a namespace, or nil.
    package func withAttributeBytes<R>(
        named name: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer?) -> R
    ) -> R {
        document.read { tape in
            let name = name.assumingMemoryBound(to: UInt8.self)
            guard let found = tape.attribute(name, of: index) else { return body(nil) }
            return tape.withCharacters(of: tape.nodes[found]) { body(UnsafeRawBufferPointer($0)) }
        }
    }

    /// A child as it is told to those who cannot keep an `Element`.
    package struct Child {
        package let place: Int
        package let name: UnsafeRawBufferPointer
        /// As it is written, with references.
        package let namespace: UnsafeRawBufferPointer
    }

    /// Tells of each child, in bytes that stay where they are as long as the document does.
    package func forEachChild(_ body: (Child) -> Void) {
        document.read { tape in
            let end = tape.endIndex(of: index)
            var at = tape.contentIndex(of: index)
            while at < end {
                let node = tape.nodes[at]
                if node.kind == .element {
                    let namespace =
                        tape.namespaceNode(of: at).map { tape.bytes(tape.nodes[$0].value) }
                        ?? Bytes("jabber:client")
                    body(
                        Child(
                            place: at,
                            name: UnsafeRawBufferPointer(tape.bytes(node.elementName)),
                            namespace: UnsafeRawBufferPointer(namespace)
                        )
                    )
                }
                at += Int(node.span)
            }
        }
    }

    /// Lends the namespace of each child, with its hash.
    package func forEachChildNamespace(_ body: (UInt64, UnsafeRawBufferPointer) -> Void) {
        document.read { tape in
            let end = tape.endIndex(of: index)
            var at = tape.contentIndex(of: index)
            while at < end {
                let node = tape.nodes[at]
                if node.kind == .element {
                    if let declared = tape.namespaceNode(of: at) {
                        tape.withCharacters(of: tape.nodes[declared]) {
                            let bytes = UnsafeRawBufferPointer($0)
                            body(Self.hash(ofNamespace: bytes), bytes)
                        }
                    } else {
                        withUTF8(XML.contentNamespace) {
                            let bytes = UnsafeRawBufferPointer($0)
                            body(Self.hash(ofNamespace: bytes), bytes)
                        }
                    }
                }
                at += Int(node.span)
            }
        }
    }

    /// A quick hash for tables of ours, which compare what they find: of the length and the end, where
    /// namespaces differ.
    package static func hash(ofNamespace bytes: UnsafeRawBufferPointer) -> UInt64 {
        var end: UInt64 = 0
        if bytes.count >= 8 {
            end = bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
        } else {
            for byte in bytes { end = end << 8 | UInt64(byte) }
        }
        let mixed = (end ^ UInt64(bytes.count)) &* 0x9E37_79B9_7F4A_7C15
        return mixed ^ (mixed >> 32)
    }
}
