/// Why a text is not an address (RFC 7622 §3).
public enum JIDError: Error, Hashable, Sendable {
    public enum Part: Hashable, Sendable { case local, domain, resource }

    /// A separator stands there, but the part it announces has no characters.
    case empty(Part)
    /// More than 1023 bytes once prepared; or a host's name or label longer than DNS has them.
    case tooLong(Part)
    /// A character that the part's PRECIS profile or IDNA refuses, there or anywhere; or not UTF-8.
    case disallowed(Part)
}

extension JIDError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .empty(let part): "the \(part)part is empty"
        case .tooLong(let part): "the \(part)part is too long"
        case .disallowed(let part): "the \(part)part has a character that is not allowed there"
        }
    }
}

extension JID {
    /// Reads an address from the bytes of a `to` or `from` attribute.
    ///
    /// An address in ASCII costs one allocation: the address itself.
    ///
    /// - Throws: the fault of the first part that has one, left to right.
    public init(utf8 bytes: UnsafeRawBufferPointer) throws(JIDError) {
        self.init(storage: try .make(Parts(bytes)))
    }

    /// Reads an address as it stands in a `to` or `from` attribute.
    ///
    /// - Throws: the fault of the first part that has one, left to right.
    public init(_ text: String) throws(JIDError) {
        let storage = try text.withBytes { (bytes) throws(JIDError) in
            try Storage.make(Parts(bytes))
        }
        self.init(storage: storage)
    }

    /// Takes an address as it was written when its parts had been prepared.
    ///
    /// - Returns: nil when a part is empty, or longer than 1023 bytes.
    package init?(preparedText text: String) {
        let storage = text.withBytes { bytes -> Storage? in
            let parts = Parts(bytes)
            let lengths = [parts.local?.count ?? 1, parts.domain.count, parts.resource?.count ?? 1]
            guard lengths.allSatisfy({ 1...1023 ~= $0 }) else { return nil }
            return .make(parts.local, parts.domain, parts.resource)
        }
        guard let storage else { return nil }
        self.init(storage: storage)
    }

    /// Prepares and joins parts as a user or a client gave them.
    ///
    /// - Throws: the fault of the first part that has one, left to right.
    public init(_ localpart: String?, _ domainpart: String, _ resourcepart: String? = nil)
        throws(JIDError)
    {
        let storage = try (localpart ?? "").withBytes { (local) throws(JIDError) in
            try domainpart.withBytes { (domain) throws(JIDError) in
                try (resourcepart ?? "").withBytes { (resource) throws(JIDError) in
                    try Storage.make(
                        Parts(
                            local: localpart == nil ? nil : local,
                            domain: domain,
                            resource: resourcepart == nil ? nil : resource
                        )
                    )
                }
            }
        }
        self.init(storage: storage)
    }
}

extension JID.Storage {
    fileprivate static func make(_ parts: JID.Parts) throws(JIDError) -> JID.Storage {
        if let made = make(ifPlain: parts) { return made }
        return try make(preparing: parts)
    }
}

extension JID {
    /// An address cut at its separators, nothing checked yet.
    struct Parts {
        var local: UnsafeRawBufferPointer?
        var domain: UnsafeRawBufferPointer
        var resource: UnsafeRawBufferPointer?
    }
}

extension JID.Parts {
    /// Cuts at the first `/`, and before it at the first `@` (RFC 7622 §3.2).
    init(_ bytes: UnsafeRawBufferPointer) {
        var end = bytes.endIndex
        if let slash = bytes.firstIndex(of: UInt8(ascii: "/")) {
            resource = UnsafeRawBufferPointer(rebasing: bytes[(slash + 1)...])
            end = slash
        }
        var start = bytes.startIndex
        if let at = bytes[..<end].firstIndex(of: UInt8(ascii: "@")) {
            local = UnsafeRawBufferPointer(rebasing: bytes[..<at])
            start = at + 1
        }
        domain = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}
