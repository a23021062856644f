import CPlugin

/// An element of a stanza, which it keeps.
public struct Node: Sendable {
    /// Unchecked: a place in a stanza, which never changes.
    struct Place: @unchecked Sendable { let raw: martlet_node }

    private let place: Place
    private let stanza: Stanza

    var raw: martlet_node { place.raw }

    init(_ raw: martlet_node, of stanza: Stanza) {
        place = Place(raw: raw)
        self.stanza = stanza
    }

    /// Without a prefix.
    public var name: String { (Core.functions.pointee.name?(raw) ?? .none).string }

    /// `jabber:client` for what is in the stream's own.
    public var namespace: String { fetchText { Core.functions.pointee.ns?(raw, $0, $1) } ?? "" }

    public func isNamed(_ name: String, in namespace: String = "jabber:client") -> Bool {
        self.name == name && self.namespace == namespace
    }

    /// The value of an attribute without a namespace.
    public subscript(attribute: String) -> String? {
        attribute.lend { name in fetchText { Core.functions.pointee.attribute?(raw, name, $0, $1) }
        }
    }

    /// Its own text, without its children's.
    public var text: String { fetchText { Core.functions.pointee.text?(raw, $0, $1) } ?? "" }

    /// The element as it is written on its own.
    public var xml: XML {
        XML(trusting: fetchText { Core.functions.pointee.xml?(raw, $0, $1) } ?? "")
    }

    /// The first child, of any name and namespace.
    public func child() -> Node? { found(Core.functions.pointee.child?(raw, .none, .none)) }

    /// The first child of a name; its namespace is the stream's own by default.
    public func child(_ name: String, in namespace: String = "jabber:client") -> Node? {
        name.lend { name in
            namespace.lend { namespace in found(Core.functions.pointee.child?(raw, namespace, name))
            }
        }
    }

    /// All children, or those of a name, or of a namespace.
    public func children(_ name: String = "", in namespace: String = "") -> Children {
        Children(parent: self, name: name, namespace: namespace)
    }

    private func found(_ node: martlet_node?) -> Node? {
        guard let node, node.stanza != nil else { return nil }
        return Node(node, of: stanza)
    }

    fileprivate func next(_ name: String, _ namespace: String) -> Node? {
        name.lend { name in
            namespace.lend { namespace in found(Core.functions.pointee.next?(raw, namespace, name))
            }
        }
    }

    fileprivate func first(_ name: String, _ namespace: String) -> Node? {
        name.lend { name in
            namespace.lend { namespace in found(Core.functions.pointee.child?(raw, namespace, name))
            }
        }
    }

    /// Children of an element, in their order.
    public struct Children: Sequence, Sendable {
        let parent: Node
        let name: String
        let namespace: String

        public func makeIterator() -> Iterator { Iterator(children: self) }

        public struct Iterator: IteratorProtocol {
            let children: Children
            private var last: Node?
            private var isNew = true

            init(children: Children) { self.children = children }

            public mutating func next() -> Node? {
                if isNew {
                    last = children.parent.first(children.name, children.namespace)
                    isNew = false
                } else {
                    last = last?.next(children.name, children.namespace)
                }
                return last
            }
        }
    }
}
