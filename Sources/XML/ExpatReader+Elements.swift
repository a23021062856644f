/// An attribute of the tag that is read; its pointers live as long as expat's call.
struct SourceAttribute: BitwiseCopyable {
    let prefix: Bytes
    let local: Bytes
    let value: Bytes
    /// Meaningful if there is a prefix.
    var namespace = NamespaceName.none

    func isNamed(_ name: StaticString) -> Bool { prefix.count == 0 && isEqual(local, name) }
}

typealias ExpatAttributes = UnsafeMutablePointer<UnsafePointer<CChar>?>

extension ExpatReader {
    /// Writes a start tag inside the stream, its names resolved, or says what is wrong with it.
    func openElement(_ source: Bytes, _ list: ExpatAttributes) -> XMLError.Kind? {
        guard open.count < limits.depth else { return .limit(.depth) }
        elements += 1
        guard elements <= limits.elements else { return .limit(.elements) }
        let mark = namespaces.mark
        if let fault = collect(source, list) { return fault }
        guard let name = QualifiedName(source), let element = resolve(name, mark) else {
            return .badNamespacePrefix
        }
        if element.namespace.kind == .streams, open.count > 0 || isEqual(name.local, "stream") {
            return .badFormat
        }
        let isInherited = namespaces.isSame(element.namespace, open.last?.namespace ?? .content)
        builder.startElement(
            name.local,
            namespace: isInherited ? nil : namespaces.bytes(of: element.namespace)
        )
        open.append(element)
        writeAttributes()
        return builder.bytes.count > limits.stanzaBytes ? .limit(.stanzaBytes) : nil
    }

    /// Takes a tag's attributes apart: declarations go into scope, the others into `attributes`.
    func collect(_ name: Bytes, _ list: ExpatAttributes) -> XMLError.Kind? {
        attributes.truncate(to: 0)
        namespaces.newDefault = nil
        guard name.count <= limits.nameBytes else { return .limit(.nameBytes) }
        var (count, total, at) = (0, 0, 0)
        while let name = list[at], let value = list[at + 1] {
            at += 2
            let (name, value) = (bytes(name), bytes(value))
            count += 1
            total += name.count + value.count
            guard count <= limits.attributes else { return .limit(.attributes) }
            guard name.count <= limits.nameBytes else { return .limit(.nameBytes) }
            guard total <= limits.attributeBytes else { return .limit(.attributeBytes) }
            if let fault = take(name, value) { return fault }
        }
        return resolveAttributes()
    }

    private func take(_ name: Bytes, _ value: Bytes) -> XMLError.Kind? {
        if name.count >= 5, isEqual(name.upTo(5), "xmlns"), name.count == 5 || name[5] == 0x3A {
            let prefix = name.count == 5 ? name.upTo(0) : name.from(6)
            guard name.count != 6, namespaces.declare(prefix, value) else {
                return .badNamespacePrefix
            }
            return namespaces.declared <= limits.namespaceDeclarations
                ? nil : .limit(.namespaceDeclarations)
        }
        guard let split = QualifiedName(name) else { return .badNamespacePrefix }
        attributes.append(SourceAttribute(prefix: split.prefix, local: split.local, value: value))
        return nil
    }

    /// Finds what each prefix means, and two attributes that mean the same.
    private func resolveAttributes() -> XMLError.Kind? {
        for index in 0..<attributes.count where attributes[index].prefix.count > 0 {
            guard let namespace = namespaces.find(attributes[index].prefix) else {
                return .badNamespacePrefix
            }
            attributes[index].namespace = namespace
            for earlier in 0..<index where isSame(attributes[earlier], attributes[index]) {
                return .notWellFormed
            }
        }
        return nil
    }

    private func isSame(_ left: SourceAttribute, _ right: SourceAttribute) -> Bool {
        left.prefix.count > 0 && isEqual(left.local, right.local)
            && namespaces.isSame(left.namespace, right.namespace)
    }

    /// Finds the namespace of an element, or nil if its prefix is unknown.
    private func resolve(_ name: QualifiedName, _ mark: NamespaceStack.Mark) -> OpenElement? {
        let parent = open.last
        let inherited = parent?.defaultNamespace ?? scope?.defaultNamespace ?? .none
        let defaultNamespace = namespaces.newDefault ?? inherited
        var namespace = defaultNamespace
        if name.prefix.count > 0 {
            guard let found = namespaces.find(name.prefix), found.kind != .xml else { return nil }
            namespace = found
        }
        let isInContent = parent?.isContent ?? true
        if isInContent, namespace.kind == .alias, open.count > 0 || isOwn(namespace) {
            namespace = .content
        }
        return OpenElement(
            namespace: namespace,
            defaultNamespace: defaultNamespace,
            isContent: isInContent && namespace.kind == .content,
            mark: mark
        )
    }

    /// Whether an alias is what this stream calls its content namespace.
    private func isOwn(_ alias: NamespaceName) -> Bool {
        scope?.contentNamespace.withUnsafeBufferPointer {
            isEqual(namespaces.bytes(of: alias), $0)
        } ?? false
    }

    private func writeAttributes() {
        for index in 0..<attributes.count {
            let attribute = attributes[index]
            if attribute.prefix.count == 0 {
                builder.attribute(attribute.local, attribute.value)
            } else if attribute.namespace.kind == .xml {
                builder.attribute(attribute.local, attribute.value, isXML: true)
            } else {
                let namespace = namespaces.bytes(of: attribute.namespace)
                builder.attribute(attribute.local, in: namespace, attribute.value)
            }
        }
    }
}
