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

extension JID {
    /// Reads an address from the bytes of a `to` or `from` attribute.
    ///
    /// An address in ASCII costs one allocation: the address itself.
    ///
    /// - Throws: the fault of the first part that has one, left to right.
    public init(utf8 bytes: UnsafeRawBufferPointer) throws(JIDError) {
        try self.init(Parts(bytes))
    }

    /// Reads an address as it stands in a `to` or `from` attribute.
    ///
    /// - Throws: the fault of the first part that has one, left to right.
    public init(_ text: String) throws(JIDError) {
        self = try text.withBytes { bytes throws(JIDError) in try JID(utf8: bytes) }
    }

    /// Prepares and joins parts as a user or a client gave them.
    ///
    /// - Throws: the fault of the first part that has one, left to right.
    public init(_ localpart: String?, _ domainpart: String, _ resourcepart: String? = nil)
        throws(JIDError)
    {
        self = try (localpart ?? "").withBytes { local throws(JIDError) in
            try domainpart.withBytes { domain throws(JIDError) in
                try (resourcepart ?? "").withBytes { resource throws(JIDError) in
                    try JID(
                        Parts(
                            local: localpart == nil ? nil : local,
                            domain: domain,
                            resource: resourcepart == nil ? nil : resource
                        )
                    )
                }
            }
        }
    }

    private init(_ parts: Parts) throws(JIDError) {
        if let made = Storage.make(ifPlain: parts) {
            self.init(storage: made)
        } else {
            self.init(storage: try Storage.make(preparing: parts))
        }
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

extension String {
    /// Lends the text's UTF-8 without a copy.
    func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try utf8Span.span.bytes.withUnsafeBytes(body)
    }
}
