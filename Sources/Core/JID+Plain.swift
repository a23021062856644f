extension JID.Storage {
    /// Takes an address whose parts are faultless ASCII and need nothing but lower case.
    ///
    /// - Returns: nil for any other; `make(preparing:)` judges it.
    static func make(ifPlain parts: JID.Parts) -> JID.Storage? {
        if let local = parts.local, !isPlain(localpart: local) { return nil }
        let domain = parts.domain.withoutFinalDot
        guard isPlain(domainpart: domain) else { return nil }
        if let resource = parts.resource, !isPlain(resourcepart: resource) { return nil }
        return make(parts.local, domain, parts.resource, inLowerCase: true)
    }

    private static func isPlain(localpart bytes: UnsafeRawBufferPointer) -> Bool {
        1...1023 ~= bytes.count && ASCII.localpart.containsAll(of: bytes)
    }

    /// Whether a resource is faultless ASCII, which preparing leaves as it is.
    static func isPlain(resourcepart bytes: UnsafeRawBufferPointer) -> Bool {
        1...1023 ~= bytes.count && bytes[0] != UInt8(ascii: " ")
            && ASCII.resourcepart.containsAll(of: bytes)
    }

    private static func isPlain(domainpart bytes: UnsafeRawBufferPointer) -> Bool {
        guard 1...253 ~= bytes.count else { return false }
        var rest = bytes[...]
        while let dot = rest.firstIndex(of: UInt8(ascii: ".")) {
            guard ASCII.isLabel(rest[..<dot]) else { return false }
            rest = rest[(dot + 1)...]
        }
        guard ASCII.isLabel(rest) else { return false }
        return !ASCII.isDigit(rest[rest.startIndex]) || !IPLiteral.looksLikeIPv4(bytes)
            || IPLiteral.isIPv4(bytes)
    }
}

extension UnsafeRawBufferPointer {
    /// A host's name without the dot of DNS's root, which RFC 7622 §3.2 strips.
    fileprivate var withoutFinalDot: UnsafeRawBufferPointer {
        last == UInt8(ascii: ".") ? UnsafeRawBufferPointer(rebasing: dropLast()) : self
    }
}
