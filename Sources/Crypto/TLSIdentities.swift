/// Which certificate a server shows for which name.
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
    /// wildcard's, else the fallback.
    public func identity(for name: String?) -> TLSIdentity? {
        guard let name = name.map(Self.normal) else { return fallback }
        if let own = byName[name] { return own }
        guard let dot = name.firstIndex(of: ".") else { return fallback }
        return byName["*" + name[dot...]] ?? fallback
    }

    /// Lower case, in ASCII as domain names in DNS are, and without the root's dot.
    static func normal(_ name: String) -> String {
        let lowered = name.lowercased()
        return lowered.hasSuffix(".") ? String(lowered.dropLast()) : lowered
    }
}
