public import MartletCore
public import MartletNet
public import MartletStorage
import Synchronization

/// Where an address leads: the one place that knows (design: "where is this address's home?").
enum Place {
    /// An account of ours, homed on the shard of that index.
    case home(Int)
    /// A domain of ours itself.
    case domain(Domain)
    /// A domain that a module keeps under one of ours, on the shard of that index.
    case service(Domain, Int)
    /// Not ours; another server's, or nobody's.
    case elsewhere
}

/// The homes of all accounts, over all shards, and the domains they belong to.
public final class Router: Sendable {
    public let homes: [RouterShard]
    public let store: any Store
    private let table: Mutex<DomainTable>

    public init(shards: [Shard], store: any Store, domains: [Domain]) {
        let table = DomainTable(domains)
        self.table = Mutex(table)
        self.store = store
        homes = shards.map { RouterShard(on: $0, of: shards.count, store: store, domains: table) }
        for home in homes { home.join(homes) }
    }

    /// The home of an account, wherever its connections are.
    public func home(of account: JID) -> RouterShard {
        homes[Self.homeIndex(of: account, among: homes.count)]
    }

    /// The domains as they are now.
    public var domains: DomainTable { table.withLock { $0 } }

    /// Puts another set of domains in place; sessions of those that stay are not disturbed, sessions
    /// of those that went are closed with `host-gone`.
    public func replaceDomains(_ domains: [Domain]) {
        let new = DomainTable(domains)
        table.withLock { $0 = new }
        for home in homes { home.replaceDomains(new) }
    }

    /// Sends a stanza of ours on its way; from any thread.
    ///
    /// Those of one sender stay in order. On the sender's own shard it goes at once.
    public func submit(_ stanza: Stanza) {
        guard let sender = stanza.from ?? stanza.to else { return }
        visit(sender) { $0.route(stanza) }
    }

    /// Does something at the home of an account, at once on its own shard; from any thread.
    public func visit(_ account: JID, _ body: @escaping @Sendable (isolated RouterShard) -> Void) {
        let home = home(of: account)
        if home.shard.isCurrent { return home.enter(with: ()) { home, _ in body(home) } }
        home.shard.submit { home.assumeIsolated { body($0) } }
    }

    /// Tells modules that an account was made or removed.
    public func announce(_ event: AccountEvent, of account: JID) {
        visit(account) { home in
            guard let domain = home.domains[of: account] else { return }
            for observe in domain.modules.accountObservers { observe(home, account.bare, event) }
        }
    }

    static func homeIndex(of account: JID, among count: Int) -> Int {
        Int(truncatingIfNeeded: account.bareHash % UInt64(count))
    }
}

/// The domains of the process; a value that is replaced whole.
public struct DomainTable: Sendable {
    private let byName: [String: Domain]
    private let byKey: [DomainKey: Domain]
    /// Those under which a module keeps a domain of its own, by that domain.
    private let services: [DomainKey: Domain]

    init(_ domains: [Domain]) {
        byName = Dictionary(domains.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        byKey = Dictionary(domains.map { (DomainKey($0.jid), $0) }, uniquingKeysWith: { $1 })
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
    }

    /// The domain under which a module keeps this address's.
    func owner(ofService jid: JID) -> Domain? {
        services.isEmpty ? nil : services[DomainKey(jid)]
    }

    public subscript(name: String) -> Domain? { byName[name] }

    /// The domain of an address, for the hot path: no text is made.
    public subscript(of jid: JID) -> Domain? { byKey[DomainKey(jid)] }

    public var all: some Collection<Domain> & Sendable { byName.values }
}
