public import MartletCore

/// What a handler decided.
public enum Verdict: Sendable {
    /// The next handler sees the stanza.
    case `continue`
    /// The next handler sees this stanza in its place.
    case replace(Stanza)
    /// The chain ends here: the stanza was dealt with.
    case handled
    /// The verdict comes later. Later stanzas of the same stream wait behind this one; others do not.
    case pending(PendingVerdict)
}

/// Work that waits (for the store, mostly) and then decides.
public typealias PendingVerdict =
    @Sendable (isolated RouterShard) async throws(StanzaError) -> Verdict

/// Acts on a stanza at a phase, on the shard that owns it.
///
/// It must not block.
///
/// A `StanzaError` it throws is what the sender is told, if the stanza is one that may be answered.
public typealias Handler =
    @Sendable (isolated RouterShard, Stanza, Context) throws(StanzaError) -> Verdict

/// Where a handler acts.
public struct Context: Sendable {
    /// The domain whose module acts: the sender's when receiving, the addressee's otherwise.
    public let domain: Domain
    /// The local session that sent the stanza, where the phase knows it.
    public let session: SessionID?
}
