/// The prefixes in scope while a stanza is read, those of the stream's header at the bottom.
struct NamespaceStack: ~Copyable {
    struct Mark: BitwiseCopyable {
        let names: Int
        let bindings: Int
    }

    var names = Scratch<UInt8>(capacity: 256)
    var bindings = Scratch<PrefixBinding>(capacity: 8)
    /// What the tag being read declares as default, if it does.
    var newDefault: NamespaceName?
    private var fromHeader = 0

    var mark: Mark { Mark(names: names.count, bindings: bindings.count) }

    /// How many prefixes the elements being read declared.
    var declared: Int { bindings.count - fromHeader }

    mutating func begin(_ scope: HeaderScope?) {
        restore(Mark(names: 0, bindings: 0))
        scope?.bytes.withUnsafeBufferPointer { names.append($0) }
        scope?.bindings.withUnsafeBufferPointer { bindings.append($0) }
        fromHeader = bindings.count
    }

    mutating func restore(_ mark: Mark) {
        names.truncate(to: mark.names)
        bindings.truncate(to: mark.bindings)
    }

    /// Takes `xmlns='…'` or `xmlns:prefix='…'`; an empty prefix is the default.
    ///
    /// - Returns: whether Namespaces in XML §3 and §5 allow it.
    mutating func declare(_ prefix: Bytes, _ uri: Bytes) -> Bool {
        if isEqual(prefix, "xml") { return isEqual(uri, "http://www.w3.org/XML/1998/namespace") }
        guard !isEqual(prefix, "xmlns"), !isEqual(uri, "http://www.w3.org/XML/1998/namespace"),
            !isEqual(uri, "http://www.w3.org/2000/xmlns/")
        else { return false }
        guard uri.allSatisfy(mayStandInNamespace) else { return false }
        guard prefix.count > 0 else {
            newDefault = uri.count == 0 ? NamespaceName.none : add(uri)
            return true
        }
        guard uri.count > 0, isLocalName(prefix) else { return false }
        let start = Int32(names.count)
        names.append(prefix)
        bindings.append(
            PrefixBinding(prefixStart: start, prefixCount: Int32(prefix.count), name: add(uri))
        )
        return true
    }

    /// What a prefix means here, or nil if nobody declared it.
    borrowing func find(_ prefix: Bytes) -> NamespaceName? {
        var at = bindings.count
        while at > 0 {
            at -= 1
            let binding = bindings[at]
            if isEqual(names.bytes(binding.prefix), prefix) { return binding.name }
        }
        return isEqual(prefix, "xml") ? .xml : nil
    }

    /// The namespace's characters.
    borrowing func bytes(of name: NamespaceName) -> Bytes {
        switch name.kind {
        case .content: Bytes("jabber:client")
        case .xml: Bytes("http://www.w3.org/XML/1998/namespace")
        case .other, .alias, .streams: names.bytes(name.range)
        }
    }

    borrowing func isSame(_ left: NamespaceName, _ right: NamespaceName) -> Bool {
        guard left.kind == right.kind else { return false }
        return left.kind == .content || (left.start == right.start && left.count == right.count)
            || isEqual(bytes(of: left), bytes(of: right))
    }

    private mutating func add(_ uri: Bytes) -> NamespaceName {
        if isEqual(uri, "jabber:client") { return .content }
        let start = Int32(names.count)
        names.append(uri)
        return NamespaceName(start: start, count: Int32(uri.count), kind: kind(of: uri))
    }

    private func kind(of uri: Bytes) -> NamespaceName.Kind {
        if isEqual(uri, "http://etherx.jabber.org/streams") { return .streams }
        let isAlias = isEqual(uri, "jabber:server") || isEqual(uri, "jabber:component:accept")
        return isAlias ? .alias : .other
    }
}

/// Whether a byte may stand in an IRI (RFC 3987 §2.2), and so in a namespace.
///
/// Those that may not are what parsers put between a namespace and a name: a client whose parser
/// does so would read another element than we did.
private func mayStandInNamespace(_ byte: UInt8) -> Bool {
    switch byte {
    case 0...0x20, 0x22, 0x3C, 0x3E, 0x5C, 0x5E, 0x60, 0x7B...0x7D, 0x7F: false
    default: true
    }
}
