/// Told what became of a stanza that was given to a client: whether the client took it.
///
/// True once it is acknowledged (XEP-0198), or has left for the network where nothing better is
/// known; false when the session ended before. Called once, on the home's shard.
public typealias Receipt = @Sendable (isolated RouterShard, Bool) -> Void
