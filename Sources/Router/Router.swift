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

    static func homeIndex(of account: JID, among count: Int) -> Int {
        Int(truncatingIfNeeded: account.bareHash % UInt64(count))
    }
}

/// The domains of the process; a value that is replaced whole.
public struct DomainTable: Sendable {
    private let byName: [String: Domain]
    private let byKey: [DomainKey: Domain]

    init(_ domains: [Domain]) {
        byName = Dictionary(domains.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        byKey = Dictionary(domains.map { (DomainKey($0.jid), $0) }, uniquingKeysWith: { $1 })
    }

    public subscript(name: String) -> Domain? { byName[name] }

    /// The domain of an address, for the hot path: no text is made.
    public subscript(of jid: JID) -> Domain? { byKey[DomainKey(jid)] }

    public var all: some Collection<Domain> & Sendable { byName.values }
}
