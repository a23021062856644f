/// Which certificate a server shows for which name, in A-labels.
public struct TLSIdentities: Sendable {
    private var byName: [String: TLSIdentity]
    /// Shown to those who ask for no name, or for one that is not in the table.
    ///
    /// Without it they are refused (`unrecognized_name`).
    public var fallback: TLSIdentity?

    /// - Parameters:
    ///   - byName: by domain, or by wildcard, `*.montague.example`, which stands for one label.
    ///   - fallback: for all other names.
    public init(_ byName: [String: TLSIdentity] = [:], fallback: TLSIdentity? = nil) {
        self.byName = [:]
        self.fallback = fallback
        for (name, identity) in byName { self[name] = identity }
    }

    /// The identity set for exactly this name or wildcard.
    public subscript(name: String) -> TLSIdentity? {
        get { byName[Self.normal(name)] }
        set { byName[Self.normal(name)] = newValue }
    }

    /// The identity for a name that a client asks for (SNI, RFC 6066 §3): the name's own, else its
    /// wildcard's, else its parent's, as for a service of a domain, else the fallback.
    ///
    /// Where the name says nothing, `hint` is looked for in the same way before the fallback.
    public func identity(for name: String?, else hint: String? = nil) -> TLSIdentity? {
        name.flatMap(identity(of:)) ?? hint.flatMap(identity(of:)) ?? fallback
    }

    /// The same without the fallback: what we show as a client when we speak for the name.
    public func identity(of name: String) -> TLSIdentity? {
        if let own = ownIdentity(of: name) { return own }
        let name = Self.normal(name)
        guard let dot = name.firstIndex(of: ".") else { return nil }
        return byName[String(name[dot...].dropFirst())]
    }

    /// The name's own, or its wildcard's, which says that it is for the name.
    public func ownIdentity(of name: String) -> TLSIdentity? {
        let name = Self.normal(name)
        if let own = byName[name] { return own }
        guard let dot = name.firstIndex(of: ".") else { return nil }
        return byName["*" + name[dot...]]
    }

    /// Lower case, in ASCII as domain names in DNS are, and without the root's dot.
    static func normal(_ name: String) -> String {
        let lowered = name.lowercased()
        return lowered.hasSuffix(".") ? String(lowered.dropLast()) : lowered
    }
}
