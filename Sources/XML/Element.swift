/// An element of an immutable document: a place on its tape, and the document kept alive.
///
/// Copying one costs a retain; it may be read on any thread. Names are given without a prefix.
///
/// Unchecked, because a `ManagedBuffer` is never Sendable: nothing writes to this one after `make`.
public struct Element: @unchecked Sendable {
    let document: Document
    let index: Int

    init(document: Document, index: Int = 0) {
        self.document = document
        self.index = index
    }

    /// Builds a document of one element; an attribute whose value is nil is left out.
    ///
    /// Characters that XML cannot carry become U+FFFD.
    ///
    /// - Precondition: names are XML names without a colon.
    public init(
        _ name: String,
        in namespace: String = XML.contentNamespace,
        _ attributes: KeyValuePairs<String, String?> = [:],
        _ content: (inout ElementWriter) -> Void = { _ in }
    ) {
        var writer = ElementWriter()
        writer.element(name, in: namespace, attributes, content)
        self.init(document: writer.builder.makeDocument())
    }

    /// The name, without a prefix.
    public var name: String {
        document.read { String(utf8: $0.bytes($0.nodes[index].elementName)) }
    }

    /// The namespace: `jabber:client` for what is in the stream's own; empty for none.
    public var namespace: String {
        document.read { tape in
            guard let declared = tape.namespaceNode(of: index) else { return XML.contentNamespace }
            return tape.characters(of: tape.nodes[declared])
        }
    }

    /// Compares bytes with bytes: no text is made.
    public func isNamed(_ name: String, in namespace: String = XML.contentNamespace) -> Bool {
        document.read { tape in
            isEqual(tape.bytes(tape.nodes[index].elementName), name)
                && withUTF8(namespace) { tape.isIn(index, $0) }
        }
    }

    /// The same with literals, for the hot path.
    public func isNamed(_ name: StaticString, _ namespace: StaticString) -> Bool {
        document.read { $0.isNamed(index, Bytes(name), in: Bytes(namespace)) }
    }

    /// Whether the element is in a namespace, whatever its name.
    public func isIn(_ namespace: String) -> Bool {
        document.read { tape in withUTF8(namespace) { tape.isIn(index, $0) } }
    }

    /// How many bytes the canonical form has, but for a namespace that must be declared again.
    public var byteCount: Int {
        document.read { Int($0.nodes[index].end - $0.nodes[index].start) }
    }

    /// Whether this is the root of its document.
    var isRoot: Bool { index == 0 }
}
