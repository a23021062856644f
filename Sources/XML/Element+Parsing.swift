extension Element {
    /// Reads one element, as it would stand in a stream whose content namespace is given.
    ///
    /// Space around it is allowed; an XML declaration is not.
    public static func parse(
        _ text: String,
        in contentNamespace: String = XML.contentNamespace,
        limits: XMLLimits = .standard
    ) throws(XMLError) -> Element {
        try Element(parsing: Array(text.utf8), in: contentNamespace, limits: limits)
    }

    /// Reads one element that was stored as its canonical bytes.
    public init(
        parsing bytes: [UInt8],
        in contentNamespace: String = XML.contentNamespace,
        limits: XMLLimits = .standard
    ) throws(XMLError) {
        self = try bytes.withUnsafeBufferPointer { (bytes) throws(XMLError) in
            let raw = UnsafeRawBufferPointer(bytes)
            return try ParserPool(idleLimit: 0).element(raw, in: contentNamespace, limits: limits)
        }
    }
}

extension ParserPool {
    /// Reads one element with a parser of the pool, where many are read.
    public func element(
        _ bytes: UnsafeRawBufferPointer,
        in contentNamespace: String = XML.contentNamespace,
        limits: XMLLimits = .standard
    ) throws(XMLError) -> Element {
        var parser = StreamParser(pool: self, limits: limits, inside: .assuming(contentNamespace))
        var events: [StreamEvent] = []
        if let fault = parser.read(bytes, into: &events) { throw fault }
        guard events.count == 1, parser.isIdle, case .element(let element) = events[0].kind else {
            throw XMLError(.notWellFormed, byteOffset: bytes.count)
        }
        return element
    }
}

extension HeaderScope {
    /// What a header declares that says no more than `xmlns='…'`.
    static func assuming(_ contentNamespace: String) -> HeaderScope {
        guard contentNamespace != XML.contentNamespace else { return .client }
        let bytes = Array(contentNamespace.utf8)
        let isAlias = XML.aliases.contains(contentNamespace)
        return HeaderScope(
            rootName: HeaderScope.client.rootName,
            bytes: isAlias ? [] : bytes,
            bindings: [],
            defaultNamespace: isAlias
                ? .content : NamespaceName(start: 0, count: Int32(bytes.count), kind: .other),
            contentNamespace: bytes
        )
    }
}
