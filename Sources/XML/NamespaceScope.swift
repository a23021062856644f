/// A namespace while a stanza is read: a range of the scope's bytes, and what it stands for.
struct NamespaceName: BitwiseCopyable, Sendable, Hashable {
    enum Kind: UInt8 {
        case other
        /// The stream's own content namespace as inherited from its header, or `jabber:client`.
        case content
        /// One of ``XML/aliases``, spelt out.
        case alias
        case streams
        case xml
    }

    var start: Int32 = 0
    var count: Int32 = 0
    var kind: Kind

    var range: Range<Int> { Int(start)..<Int(start) + Int(count) }

    static let content = NamespaceName(kind: .content)
    static let none = NamespaceName(kind: .other)
    static let xml = NamespaceName(kind: .xml)
}

/// A prefix and what it means, as ranges of the scope's bytes.
struct PrefixBinding: BitwiseCopyable, Sendable, Hashable {
    let prefixStart: Int32
    let prefixCount: Int32
    let name: NamespaceName

    var prefix: Range<Int> { Int(prefixStart)..<Int(prefixStart) + Int(prefixCount) }
}

/// What a stream's header declared, kept while the stream holds no parser.
final class HeaderScope: Sendable, Equatable {
    /// The root's name as sent, which its closing tag repeats.
    let rootName: [UInt8]
    /// Prefixes and namespace names, which `bindings` and `defaultNamespace` are ranges of.
    let bytes: [UInt8]
    let bindings: [PrefixBinding]
    let defaultNamespace: NamespaceName
    /// The default namespace as the header spelt it.
    let contentNamespace: [UInt8]

    init(
        rootName: [UInt8],
        bytes: [UInt8],
        bindings: [PrefixBinding],
        defaultNamespace: NamespaceName,
        contentNamespace: [UInt8]
    ) {
        self.rootName = rootName
        self.bytes = bytes
        self.bindings = bindings
        self.defaultNamespace = defaultNamespace
        self.contentNamespace = contentNamespace
    }

    /// A stream whose header says no more than `xmlns='jabber:client'`.
    static let client = HeaderScope(
        rootName: Array("stream:stream".utf8),
        bytes: [],
        bindings: [],
        defaultNamespace: .content,
        contentNamespace: Array(XML.contentNamespace.utf8)
    )

    /// Whether parsers of the pool, which stand inside `<stream:stream>`, can read on.
    var isUsual: Bool { rootName == Self.client.rootName }

    static func == (left: HeaderScope, right: HeaderScope) -> Bool {
        left.rootName == right.rootName && left.bytes == right.bytes
            && left.bindings == right.bindings && left.defaultNamespace == right.defaultNamespace
            && left.contentNamespace == right.contentNamespace
    }
}
