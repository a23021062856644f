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
    /// A component's, or another server's: it goes by that route.
    case elsewhere(any StanzaRoute)
    /// Not ours, and nobody takes what goes to others.
    case nowhere
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
        change { $0.with(domains: domains) }
    }

    /// Puts another set of components in place, by their domains; those of before are forgotten.
    ///
    /// A domain of ours comes before a component of its name, and a component before a domain that a
    /// module keeps under one of ours.
    public func replaceComponents(_ components: [JID: any StanzaRoute]) {
        change { $0.with(components: components) }
    }

    /// Sends what is for domains that are not ours by this route; without one it returns as
    /// `remote-server-not-found`.
    ///
    /// The route is kept until another takes its place, or none.
    public func connect(elsewhere route: (any StanzaRoute)?) {
        change { $0.with(elsewhere: route) }
    }

    /// Lets go of the domains and routes, and the homes of each other: together they would keep all of a
    /// server after its end.
    ///
    /// What is sent after that goes nowhere.
    public func dissolve() {
        table.withLock { $0 = DomainTable([]) }
        for home in homes { home.leave() }
    }

    /// Within the lock, so that all homes see all changes in one order.
    private func change(_ make: (DomainTable) -> DomainTable) {
        table.withLock { table in
            let new = make(table)
            table = new
            for home in homes { home.replaceDomains(new) }
        }
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
