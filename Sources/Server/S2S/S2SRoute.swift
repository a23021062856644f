import MartletCore
import MartletNet

/// Takes stanzas to other servers: each goes to the pool that keeps the pairs of its domain.
final class S2SRoute: StanzaRoute {
    /// One on each shard.
    let pools: [S2SPool]

    init(_ pools: [S2SPool]) {
        precondition(!pools.isEmpty, "there is no shard without a pool")
        self.pools = pools
    }

    /// The pool that keeps all pairs with a remote domain.
    func pool(of remote: JID) -> S2SPool {
        pools[Int(truncatingIfNeeded: remote.domainHash % UInt64(pools.count))]
    }

    func take(_ stanza: Stanza, on shard: Int) {
        guard let to = stanza.to else { return }
        pool(of: to).post(.stanza(stanza))
    }

    func fence(_ pair: DomainPair, on shard: Int, passed: @escaping @Sendable () -> Void) {
        pool(of: pair.target).post(.fence(pair, passed: passed))
    }
}
