/// An XMPP address, `localpart@domainpart/resourcepart` (RFC 7622 §3).
///
/// Parts are held prepared, so `==` compares addresses as RFC 7622 asks. An address is one word that
/// points to one immutable heap object: copying it costs a retain, and its hash is computed once.
///
/// Unchecked, because a `ManagedBuffer` is never Sendable: nothing writes to this one after `make`.
public struct JID: @unchecked Sendable {
    let storage: Storage

    /// Takes parts that are prepared already (from the store, or from another address).
    ///
    /// - Precondition: the domainpart is not empty and no part is longer than 1023 bytes.
    public init(prepared localpart: String?, _ domainpart: String, _ resourcepart: String? = nil) {
        storage = (localpart ?? "").withBytes { local in
            domainpart.withBytes { domain in
                (resourcepart ?? "").withBytes { .make(local, domain, $0) }
            }
        }
    }

    init(storage: Storage) {
        self.storage = storage
    }

    /// The account or entity before the `@`, or nil for a server's own address.
    public var localpart: String? {
        storage.localBytes == 0 ? nil : storage.string(storage.localRange)
    }

    /// The domain, the only part that every address has.
    public var domainpart: String { storage.string(storage.domainRange) }

    /// What stands behind the `/`, or nil for a bare address.
    public var resourcepart: String? {
        storage.resourceBytes == 0 ? nil : storage.string(storage.resourceRange)
    }

    /// The same address without its resource (RFC 6120 §1.4).
    public var bare: JID {
        guard storage.resourceBytes > 0 else { return self }
        return JID(storage: storage.withoutResource())
    }

    /// The address of the domain alone.
    public var domain: JID {
        guard storage.localBytes > 0 || storage.resourceBytes > 0 else { return self }
        return JID(storage: storage.domainAlone())
    }

    public var isBare: Bool { storage.resourceBytes == 0 }
    public var isFull: Bool { storage.resourceBytes > 0 }

    /// Whether this is a server's or service's own address: no localpart, no resource.
    public var isDomain: Bool { storage.localBytes == 0 && storage.resourceBytes == 0 }

    public var hasLocalpart: Bool { storage.localBytes > 0 }

    /// The hash of the bare address: the same for all resources of an account, and for every process
    /// that runs this code, so that a shard (or a node) can be chosen by it.
    ///
    /// Anyone can make addresses that share it; tables hash the bytes with the process's own seed.
    public var bareHash: UInt64 { storage.bareHash }

    /// The hash of the domainpart, by the function of `bareHash`; no text is made.
    package var domainHash: UInt64 { storage.domainHash }

    /// Whether both name the same account, whatever their resources.
    public func isSameAccount(as other: JID) -> Bool {
        storage === other.storage || storage.hasSameBare(as: other.storage)
    }

    /// Whether both have the same domainpart.
    public func hasSameDomain(as other: JID) -> Bool {
        storage === other.storage || storage.hasSameDomain(as: other.storage)
    }

    /// The domainpart as DNS, TLS and certificates spell it: U-labels as `xn--…` (RFC 5890 §2.3.2.1),
    /// an IPv6 address without its brackets.
    public var asciiDomainpart: String {
        let name = domainpart
        if name.utf8.first == UInt8(ascii: "[") { return String(name.dropFirst().dropLast()) }
        if name.utf8.allSatisfy({ $0 < 0x80 }) { return name }
        return String(decoding: IDNA.encode(Scalars(name.unicodeScalars)), as: UTF8.self)
    }

    /// This account with a resource as a client asked for it.
    ///
    /// - Throws: the fault of the resourcepart.
    public func with(resource: String) throws(JIDError) -> JID {
        try resource.withBytes { (bytes) throws(JIDError) in
            if Storage.isPlain(resourcepart: bytes) {
                return JID(storage: storage.with(resource: bytes))
            }
            let prepared = try Storage.resourcepart(bytes)
            return prepared.withUnsafeBytes { JID(storage: storage.with(resource: $0)) }
        }
    }

    /// This account with a resource that is prepared already.
    public func with(preparedResource resourcepart: String) -> JID {
        resourcepart.withBytes { JID(storage: storage.with(resource: $0)) }
    }

    /// Gives the address as it stands in a `to` or `from` attribute, in UTF-8 and not escaped.
    public func withUTF8<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E)
        -> R
    {
        try storage.withText(body)
    }
}

extension JID: Hashable {
    public static func == (left: JID, right: JID) -> Bool {
        left.storage === right.storage || left.storage.isEqual(to: right.storage)
    }

    public func hash(into hasher: inout Hasher) {
        storage.withText { hasher.combine(bytes: $0) }
    }
}

extension JID: CustomStringConvertible {
    public var description: String { storage.withText { String(decoding: $0, as: UTF8.self) } }
}

/// Looks up by account alone: two keys are equal when their bare addresses are.
public struct AccountKey: Hashable, Sendable {
    public let jid: JID

    public init(_ jid: JID) {
        self.jid = jid
    }

    public static func == (left: AccountKey, right: AccountKey) -> Bool {
        left.jid.isSameAccount(as: right.jid)
    }

    public func hash(into hasher: inout Hasher) {
        jid.storage.withText { text in
            hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: text[..<jid.storage.bareBytes]))
        }
    }
}

/// Looks up by domain alone: two keys are equal when their domainparts are.
public struct DomainKey: Hashable, Sendable {
    public let jid: JID

    public init(_ jid: JID) {
        self.jid = jid
    }

    public static func == (left: DomainKey, right: DomainKey) -> Bool {
        left.jid.hasSameDomain(as: right.jid)
    }

    public func hash(into hasher: inout Hasher) {
        jid.storage.withText { text in
            let domain = text[jid.storage.domainRange]
            hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: domain))
        }
    }
}
