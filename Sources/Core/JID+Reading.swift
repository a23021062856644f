/// Why a text is not an address (RFC 7622 §3).
public enum JIDError: Error, Hashable, Sendable {
    public enum Part: Hashable, Sendable { case local, domain, resource }

    /// A separator stands there, but the part it announces has no characters.
    case empty(Part)
    /// More than 1023 bytes once prepared.
    case tooLong(Part)
    /// A character that the part's PRECIS profile or IDNA refuses.
    case disallowed(Part)
}

extension JID {
    /// Reads an address as it stands in a `to` or `from` attribute.
    ///
    /// - Throws: the fault of the first part that has one, left to right.
    public init(_ text: String) throws(JIDError) {
        var rest = Substring(text)
        var resource: Substring?
        if let slash = rest.firstIndex(of: "/") {
            resource = rest[rest.index(after: slash)...]
            rest = rest[..<slash]
        }
        var local: Substring?
        if let at = rest.firstIndex(of: "@") {
            local = rest[..<at]
            rest = rest[rest.index(after: at)...]
        }
        try self.init(local.map(String.init), String(rest), resource.map(String.init))
    }

    /// Prepares and joins parts as a user or a client gave them.
    ///
    /// - Throws: the fault of the first part that has one, left to right.
    public init(_ localpart: String?, _ domainpart: String, _ resourcepart: String? = nil)
        throws(JIDError)
    {
        let local = try localpart.map { (part) throws(JIDError) in try Self.prepareLocalpart(part) }
        let domain = try Self.prepareDomainpart(domainpart)
        let resource = try resourcepart.map { (part) throws(JIDError) in
            try Self.prepareResourcepart(part)
        }
        self.init(prepared: local, domain, resource)
    }

    static func prepareLocalpart(_ text: String) throws(JIDError) -> String {
        guard !text.isEmpty else { throw .empty(.local) }
        return text.lowercased()
    }

    static func prepareDomainpart(_ text: String) throws(JIDError) -> String {
        guard !text.isEmpty else { throw .empty(.domain) }
        return text.lowercased()
    }

    static func prepareResourcepart(_ text: String) throws(JIDError) -> String {
        guard !text.isEmpty else { throw .empty(.resource) }
        return text
    }
}
