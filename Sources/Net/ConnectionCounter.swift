import Synchronization

/// Counts connections by the network they come from, and says when there are too many of them.
///
/// Shared by all shards. A network without connections takes no memory.
public final class ConnectionCounter: Sendable {
    /// Connections at a time from one IPv4 address, or one IPv6 /64.
    public let limit: Int

    private let counts = Mutex<[SocketAddress.Network: Int]>([:])

    public init(limit: Int) {
        self.limit = limit
    }

    /// Counts one more, to be given back when it ends; nil if there are `limit` already.
    public func admit(_ address: SocketAddress) -> Admission? {
        let network = address.network
        let isAdmitted = counts.withLock { counts in
            guard counts[network, default: 0] < limit else { return false }
            counts[network, default: 0] += 1
            return true
        }
        return isAdmitted ? Admission(counter: self, network: network) : nil
    }

    public func count(of address: SocketAddress) -> Int {
        counts.withLock { $0[address.network] ?? 0 }
    }

    fileprivate func giveBack(_ network: SocketAddress.Network) {
        counts.withLock { counts in
            guard let count = counts[network] else { return }
            counts[network] = count > 1 ? count - 1 : nil
        }
    }
}

/// One counted connection; whoever holds it gives it back once.
public struct Admission: Sendable {
    fileprivate let counter: ConnectionCounter
    fileprivate let network: SocketAddress.Network

    public func giveBack() {
        counter.giveBack(network)
    }
}
