extension JID.Storage {
    /// Prepares each part by its own rules.
    static func make(preparing parts: JID.Parts) throws(JIDError) -> JID.Storage {
        let local = try parts.local.map { (part) throws(JIDError) in try localpart(part) }
        let domain = try domainpart(parts.domain)
        let resource = try parts.resource.map { (part) throws(JIDError) in
            try resourcepart(part)
        }
        return (local ?? []).withUnsafeBytes { local in
            domain.withUnsafeBytes { domain in
                (resource ?? []).withUnsafeBytes { make(local, domain, $0) }
            }
        }
    }

    /// `UsernameCaseMapped` without the characters that separate (RFC 7622 §3.3).
    static func localpart(_ bytes: UnsafeRawBufferPointer) throws(JIDError) -> [UInt8] {
        let text = try enforce(.usernameCaseMapped, on: bytes, .local)
        guard !text.contains(where: ASCII.excludedFromLocalparts.contains) else {
            throw .disallowed(.local)
        }
        return text
    }

    /// `OpaqueString` that does not begin with a space (RFC 7622 §3.4, §3.5 example 18).
    static func resourcepart(_ bytes: UnsafeRawBufferPointer) throws(JIDError) -> [UInt8] {
        let text = try enforce(.opaqueString, on: bytes, .resource)
        guard text.first != UInt8(ascii: " ") else { throw .disallowed(.resource) }
        return text
    }

    /// A host's name or a literal address of IP (RFC 7622 §3.2).
    static func domainpart(_ bytes: UnsafeRawBufferPointer) throws(JIDError) -> [UInt8] {
        let scalars = try decode(bytes, .domain)
        if bytes.first == UInt8(ascii: "[") {
            guard bytes.last == UInt8(ascii: "]"), bytes.count > 2,
                let address = IPLiteral.canonicalIPv6(bytes[1..<bytes.count - 1])
            else { throw .disallowed(.domain) }
            return [UInt8(ascii: "[")] + address + [UInt8(ascii: "]")]
        }
        let name: [UInt8]
        do { name = try IDNA.prepare(scalars).utf8 } catch {
            switch error {
            case .empty: throw .empty(.domain)
            case .tooLong: throw .tooLong(.domain)
            case .disallowed: throw .disallowed(.domain)
            }
        }
        guard !IPLiteral.looksLikeIPv4(name) || IPLiteral.isIPv4(name) else {
            throw .disallowed(.domain)
        }
        return try limited(name, .domain)
    }

    private static func enforce(
        _ profile: PRECIS.Profile,
        on bytes: UnsafeRawBufferPointer,
        _ part: JIDError.Part
    ) throws(JIDError) -> [UInt8] {
        let scalars = try decode(bytes, part)
        do { return try limited(profile.enforce(scalars).utf8, part) } catch {
            throw error as? JIDError ?? .disallowed(part)
        }
    }

    private static func limited(_ text: [UInt8], _ part: JIDError.Part) throws(JIDError) -> [UInt8]
    {
        guard text.count <= 1023 else { throw .tooLong(part) }
        return text
    }

    /// No preparation makes a text nine times shorter: what is longer than that is refused unread.
    private static func decode(
        _ bytes: UnsafeRawBufferPointer,
        _ part: JIDError.Part
    ) throws(JIDError) -> Scalars {
        guard !bytes.isEmpty else { throw .empty(part) }
        guard bytes.count <= 9 * 1023 else { throw .tooLong(part) }
        var scalars = Scalars()
        scalars.reserveCapacity(bytes.count)
        var decoder = UTF8()
        var rest = bytes.makeIterator()
        while true {
            switch decoder.decode(&rest) {
            case .scalarValue(let scalar): scalars.append(scalar)
            case .emptyInput: return scalars
            case .error: throw .disallowed(part)
            }
        }
    }
}
