import MartletPluginKit
import Synchronization

/// Whom a user blocks, kept with the account while it is in memory: changed whole, looked up by text.
final class BlockedAddresses: Sendable {
    private let addresses: Mutex<Set<String>>

    init(_ addresses: [String]) {
        self.addresses = Mutex(Set(addresses))
    }

    var isEmpty: Bool { addresses.withLock(\.isEmpty) }
    var count: Int { addresses.withLock(\.count) }
    var all: [String] { addresses.withLock { $0.sorted() } }

    func contains(_ address: JID) -> Bool {
        addresses.withLock { $0.contains(address.description) }
    }

    /// Matches as XEP-0191 §5 says: the address itself, its account, its domain with the resource, its
    /// domain.
    func blocks(_ address: JID) -> Bool {
        let bare = address.bare.description
        let domain = address.domainpart
        let resource = address.resourcepart
        return addresses.withLock { addresses in
            if addresses.isEmpty { return false }
            return addresses.contains(address.description) || addresses.contains(bare)
                || addresses.contains(domain)
                || resource.map { addresses.contains("\(domain)/\($0)") } == true
        }
    }

    func add(_ more: [JID]) {
        addresses.withLock { $0.formUnion(more.map(\.description)) }
    }

    func remove(_ some: [JID]) {
        addresses.withLock { $0.subtract(some.map(\.description)) }
    }

    func removeAll() {
        addresses.withLock { $0.removeAll() }
    }
}

/// Kept with a session that asked for the list, and so is told of changes (XEP-0191 §3.3); it survives
/// a resumption.
final class KnowsBlocklist: Sendable {}
