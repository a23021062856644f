/// An actor that is homed on a shard: its executor is that shard, and nothing else.
public protocol ShardHomed: Actor {
    nonisolated var shard: Shard { get }
}

extension ShardHomed {
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        shard.asUnownedSerialExecutor()
    }

    /// Enters the actor from its shard's thread, with what the body needs handed over.
    ///
    /// What `assumeIsolated` does, for the hot path: a body that captures nothing costs no
    /// allocation, and the thread is asked instead of the executor.
    ///
    /// - Precondition: the caller is on the shard's thread.
    @inlinable
    public nonisolated func enter<Argument, Result>(
        with argument: Argument,
        _ body: @escaping (isolated Self, Argument) -> Result
    ) -> Result {
        precondition(shard.isCurrent, "not on the thread of shard \(shard.index)")
        // The actor's executor is the shard, on whose thread this is; so the body is where it belongs.
        // `isolated` changes nothing in how a function is called.
        typealias Entered = (Self, Argument) -> Result
        return unsafeBitCast(body, to: Entered.self)(self, argument)
    }
}
