public import MartletCore

/// The domains of the process, and where everything else goes; a value that is replaced whole.
public struct DomainTable: Sendable {
    private let byName: [String: Domain]
    /// Those that are here themselves.
    private let byKey: [DomainKey: Domain]
    /// Those of which only what modules keep under them is here.
    private let outposts: Set<DomainKey>
    /// Those under which a module keeps a domain of its own, by that domain.
    private let services: [DomainKey: Domain]
    private let components: [DomainKey: any StanzaRoute]
    private let elsewhere: (any StanzaRoute)?

    init(
        _ domains: [Domain],
        components: [DomainKey: any StanzaRoute] = [:],
        elsewhere: (any StanzaRoute)? = nil
    ) {
        byName = Dictionary(domains.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        byKey = Dictionary(
            domains.filter { !$0.isOutpost }.map { (DomainKey($0.jid), $0) },
            uniquingKeysWith: { $1 }
        )
        outposts = Set(domains.filter(\.isOutpost).map { DomainKey($0.jid) })
        services = Dictionary(
            domains.flatMap { domain in
                domain.modules.services.compactMap { service in
                    (try? JID(nil, service.name(under: domain.name))).map {
                        (DomainKey($0), domain)
                    }
                }
            },
            uniquingKeysWith: { first, _ in first }
        )
        self.components = components
        self.elsewhere = elsewhere
    }

    func with(domains: [Domain]) -> DomainTable {
        DomainTable(domains, components: components, elsewhere: elsewhere)
    }

    func with(components: [JID: any StanzaRoute]) -> DomainTable {
        let keyed = components.map { (DomainKey($0.key.domain), $0.value) }
        return DomainTable(
            Array(all),
            components: Dictionary(keyed, uniquingKeysWith: { $1 }),
            elsewhere: elsewhere
        )
    }

    func with(elsewhere: (any StanzaRoute)?) -> DomainTable {
        DomainTable(Array(all), components: components, elsewhere: elsewhere)
    }

    public subscript(name: String) -> Domain? { byName[name] }

    /// The domain of an address, for the hot path: no text is made.
    public subscript(of jid: JID) -> Domain? { byKey[DomainKey(jid)] }

    public var all: some Collection<Domain> & Sendable { byName.values }
}

// MARK: What is not a domain

extension DomainTable {
    /// Whether an address is in a domain of ours, in one that a module keeps, or in a component's.
    ///
    /// An outpost is ours, though its accounts are elsewhere.
    public func hosts(_ jid: JID) -> Bool {
        let key = DomainKey(jid)
        return byKey[key] != nil || components[key] != nil || services[key] != nil
            || outposts.contains(key)
    }

    /// The domain of ours that an address belongs to: its own, or the one above that of a module or of
    /// a component; nil for a component that is under none of ours, and for what is not ours.
    public func domain(owning jid: JID) -> Domain? {
        let key = DomainKey(jid)
        if let domain = byKey[key] { return domain }
        guard components[key] != nil else { return services[key] }
        var name = Substring(jid.domainpart)
        while let dot = name.firstIndex(of: ".") {
            name = name[name.index(after: dot)...]
            if let domain = byName[String(name)] { return domain }
        }
        return nil
    }

    /// The components whose domains are under this one, and under none of ours that is nearer to
    /// them; in the order of their names.
    public func components(under domain: Domain) -> [JID] {
        guard !components.isEmpty else { return [] }
        return components.keys.map(\.jid)
            .filter { self[of: $0] == nil && self.domain(owning: $0)?.name == domain.name }
            .sorted { $0.domainpart < $1.domainpart }
    }

    /// Where a component's address leads; nil where a domain of ours comes before it.
    func component(of jid: JID) -> (any StanzaRoute)? {
        guard !components.isEmpty else { return nil }
        let key = DomainKey(jid)
        return byKey[key] == nil ? components[key] : nil
    }

    /// The domain under which a module keeps this address's, unless a component has it.
    func owner(ofService jid: JID) -> Domain? {
        guard !services.isEmpty else { return nil }
        let key = DomainKey(jid)
        return components[key] == nil ? services[key] : nil
    }

    /// Where an address leads that is in no domain of ours.
    func route(to jid: JID) -> (any StanzaRoute)? { component(of: jid) ?? elsewhere }
}
