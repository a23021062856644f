/// Takes stanzas for addresses that no home of ours has: another server's, or a component's.
public protocol StanzaRoute: AnyObject, Sendable {
    /// Takes a stanza to be sent on, on the thread of the shard of that index.
    ///
    /// Those of one shard stay in order. What cannot go is returned through the router as an error,
    /// later, and never refused here.
    func take(_ stanza: Stanza, on shard: Int)

    /// Calls back when all that this shard handed over before, for the pair, was written or returned.
    ///
    /// From any thread, once, and within a bounded time even when nothing moves.
    func fence(_ pair: DomainPair, on shard: Int, passed: @escaping @Sendable () -> Void)
}
