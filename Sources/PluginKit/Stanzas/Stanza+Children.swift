import CPlugin

extension Stanza {
    /// A child that is looked at: good for the call only.
    public struct Child: ~Copyable {
        private let raw: martlet_child
        private let stanza: Stanza

        fileprivate init(_ raw: martlet_child, of stanza: Stanza) {
            self.raw = raw
            self.stanza = stanza
        }

        /// Whether it is in a namespace, in which there is no `&`.
        public func isIn(_ namespace: StaticString) -> Bool { raw.ns == namespace }

        /// Whether it has a name, in whatever namespace.
        public func isNamed(_ name: StaticString) -> Bool { raw.name == name }

        /// The element itself.
        public var node: Node { Node(raw.node, of: stanza) }
    }

    /// Looks at all children in their order, which costs one call of the server and makes no texts.
    public func forEachChild(_ body: (borrowing Child) -> Void) {
        let count = visit(room: 16, body)
        // Few have so many.
        if count > 16 { _ = visit(room: count, body) }
    }

    /// Answers how many there are; if they are more than there is room for, none was looked at.
    private func visit(room: Int, _ body: (borrowing Child) -> Void) -> Int {
        withUnsafeTemporaryAllocation(of: martlet_child.self, capacity: room) { children in
            children.initialize(repeating: martlet_child())
            children[0].size = UInt32(MemoryLayout<martlet_child>.size)
            let count = Core.functions.pointee.children?(handle, children.baseAddress, room) ?? 0
            guard count <= room else { return count }
            for index in 0..<count { body(Child(children[index], of: self)) }
            return count
        }
    }

    /// A copy with one more element behind the others; nil when a name is none.
    ///
    /// It costs a fraction of ``edited(to:from:id:removing:appending:)``, since nothing is parsed.
    public func appending(
        _ name: String,
        in namespace: String,
        _ attributes: KeyValuePairs<String, String>
    ) -> Stanza? {
        let made = attributes.lend(behind: name, namespace) { name, namespace, pairs in
            var leaf = martlet_leaf()
            leaf.size = UInt32(MemoryLayout<martlet_leaf>.size)
            (leaf.name, leaf.ns) = (name, namespace)
            leaf.attributes = pairs.baseAddress
            leaf.attribute_count = pairs.count
            return append(leaf)
        }
        return made.map { Stanza(owning: $0) }
    }

    private func append(_ leaf: martlet_leaf) -> OpaquePointer? {
        withUnsafePointer(to: leaf) { leaf in
            var edit = martlet_edit()
            edit.size = UInt32(MemoryLayout<martlet_edit>.size)
            edit.leaves = leaf
            edit.leaf_count = 1
            return Core.functions.pointee.edit?(handle, &edit)
        }
    }
}

extension Event {
    /// Whether the stanza has a child of a name and namespace; where that is all one wants to know, it
    /// costs least.
    public func holds(_ name: StaticString, in namespace: StaticString) -> Bool {
        guard let stanza = raw.pointee.stanza, let root = Core.functions.pointee.root?(stanza)
        else { return false }
        let found = Core.functions.pointee.child?(root, martlet_str(namespace), martlet_str(name))
        return found?.stanza != nil
    }
}

extension martlet_str {
    fileprivate static func == (text: martlet_str, literal: StaticString) -> Bool {
        guard text.len == literal.utf8CodeUnitCount else { return false }
        return text.bytes.elementsEqual(
            UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
        )
    }
}
