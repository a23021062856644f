extension ExpatReader {
    /// Reads the stream's start tag: what it declares is the scope of all that follows.
    func openStream(_ source: Bytes, _ list: ExpatAttributes) -> XMLError.Kind? {
        namespaces.begin(nil)
        if let fault = collect(source, list) { return fault }
        guard let name = QualifiedName(source) else { return .badNamespacePrefix }
        let declared = namespaces.newDefault
        var namespace = declared ?? NamespaceName.none
        if name.prefix.count > 0 {
            guard let found = namespaces.find(name.prefix), found.kind != .xml else {
                return .badNamespacePrefix
            }
            namespace = found
        }
        let header = header(name, namespace, declared)
        let scope = makeScope(source, declared ?? .none)
        self.scope = scope
        namespaces.begin(scope)
        events.append(StreamEvent(kind: .opened(header), endOffset: eventEnd + offsetBase))
        return nil
    }

    private func header(
        _ name: QualifiedName,
        _ namespace: NamespaceName,
        _ declared: NamespaceName?
    ) -> StreamHeader {
        var header = StreamHeader(
            name: String(utf8: name.local),
            prefix: name.prefix.count > 0 ? String(utf8: name.prefix) : nil,
            namespace: String(utf8: namespaces.bytes(of: namespace)),
            contentNamespace: declared.map { String(utf8: namespaces.bytes(of: $0)) },
            prefixes: [:]
        )
        for index in 0..<namespaces.bindings.count {
            let binding = namespaces.bindings[index]
            let prefix = String(utf8: namespaces.names.bytes(binding.prefix))
            header.prefixes[prefix] = String(utf8: namespaces.bytes(of: binding.name))
        }
        for index in 0..<attributes.count { set(&header, attributes[index]) }
        return header
    }

    private func set(_ header: inout StreamHeader, _ attribute: SourceAttribute) {
        let value = String(utf8: attribute.value)
        if attribute.isNamed("to") { header.to = value }
        if attribute.isNamed("from") { header.from = value }
        if attribute.isNamed("id") { header.id = value }
        if attribute.isNamed("version") { header.version = value }
        if attribute.namespace.kind == .xml, isEqual(attribute.local, "lang") {
            header.language = value
        }
    }

    private func makeScope(_ rootName: Bytes, _ declared: NamespaceName) -> HeaderScope {
        let isContent = declared.kind == .content || declared.kind == .alias
        return HeaderScope(
            rootName: Array(rootName),
            bytes: Array(namespaces.names.bytes(0..<namespaces.names.count)),
            bindings: (0..<namespaces.bindings.count).map { namespaces.bindings[$0] },
            defaultNamespace: isContent ? .content : declared,
            contentNamespace: Array(namespaces.bytes(of: declared))
        )
    }
}
