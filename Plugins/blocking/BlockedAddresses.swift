import MartletPluginKit
import Synchronization

/// Whom a user blocks, kept with the account while it has sessions.
final class BlockedAddresses: Sendable {
    private let index: Mutex<AddressIndex>

    /// Takes addresses as they are stored: prepared.
    init(_ addresses: [String]) { index = Mutex(AddressIndex(addresses)) }

    var isEmpty: Bool { index.withLock(\.isEmpty) }
    /// As they are now.
    var all: AddressIndex { index.withLock { $0 } }

    func blocks(_ address: JID) -> Bool { index.withLock { $0.matches(address) } }

    func add(_ more: [JID]) {
        index.withLock { index in
            for address in more { index.insert(address.description) }
        }
    }

    func remove(_ some: [JID]) {
        index.withLock { index in
            for address in some { index.remove(address.description) }
        }
    }

    func removeAll() { index.withLock { $0 = AddressIndex() } }
}

/// Kept with a session that asked for the list, and so is told of changes (XEP-0191 §3.3); it survives
/// a resumption.
final class KnowsBlocklist: Sendable {}
