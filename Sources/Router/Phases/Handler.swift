public import MartletCore

/// What a handler decided.
public enum Verdict: Sendable {
    /// The next handler sees the stanza.
    case `continue`
    /// The next handler sees this stanza in its place.
    case replace(Stanza)
    /// The next handlers are left a value, and this stanza in place of the other if there is one.
    case passing(ChainValue, Stanza?)
    /// The chain ends here: the stanza was dealt with.
    case handled
    /// It failed, as if that had been thrown.
    indirect case failed(StanzaError)
    /// The verdict comes later. Later stanzas of the same stream wait behind this one; others do not.
    case pending(PendingVerdict)
    /// The same for who needs no task to wait on.
    case waiting(WaitingVerdict)
    /// The same for who only has it stored: messages behind it may come to this handler meanwhile, which
    /// is asked for each in its order; the handlers after it see them in their turn.
    case storing(WaitingVerdict)
}

/// Begins something, and tells the verdict when it is there: once, on the shard.
public typealias WaitingVerdict =
    @Sendable (
        isolated RouterShard, @escaping @Sendable (isolated RouterShard, Verdict) -> Void
    ) -> Void

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

/// A handler that is an object, for those who are asked about each stanza: it is called where it stands,
/// and nothing is counted for it.
///
/// The standing handlers of a chain share a frame, ``frameBytes`` of the stack: the first writes there
/// what all of them need, so that each of the others has only its own to add. All the standing handlers of
/// a router are therefore of one class.
///
/// Unchecked: it says for itself what of it may change, and when.
open class StandingHandler: @unchecked Sendable {
    /// How much room a frame has.
    public static let frameBytes = 256

    public init() {}

    /// Prepares a frame for a stanza's way along a chain.
    open func open(
        _ frame: UnsafeMutableRawPointer,
        on shard: RouterShard,
        _ stanza: Stanza,
        _ context: borrowing Context
    ) {}

    /// Called on the thread of the shard, with what the frame was opened for; what it has to do there, it
    /// enters with `assumeIsolated`.
    open func handle(_ frame: UnsafeMutableRawPointer) -> Verdict { .continue }

    /// Ends what `open` began.
    open func close(_ frame: UnsafeMutableRawPointer) {}
}

/// Mends what failed: a handler before it, or its own.
///
/// With `.continue` the chain goes on behind it; what it throws takes the place of the failure.
public typealias ErrorHandler =
    @Sendable (isolated RouterShard, Stanza, StanzaError, Context) throws(StanzaError) -> Verdict

/// Only looks at a stanza that passes.
public typealias Observer = @Sendable (isolated RouterShard, Stanza, Context) -> Void

/// Where a handler acts.
public struct Context: Sendable {
    /// The domain whose module acts: the sender's when receiving, the addressee's otherwise.
    public let domain: Domain
    /// The local session that sent the stanza, where the phase knows it.
    public let session: SessionID?
    /// What a handler of this chain left for those after it.
    public var value: ChainValue?

    public init(domain: Domain, session: SessionID?) {
        self.domain = domain
        self.session = session
    }
}

/// Something that one handler of a chain leaves for those after it; it goes when the chain is over.
///
/// Unchecked: whoever made it says with `kind` what the pointer is, and who may follow it where.
public final class ChainValue: @unchecked Sendable {
    public let kind: UInt64
    public let pointer: UnsafeMutableRawPointer?
    private let drop: () -> Void

    public init(
        kind: UInt64,
        pointer: UnsafeMutableRawPointer?,
        drop: @escaping () -> Void = {}
    ) {
        self.kind = kind
        self.pointer = pointer
        self.drop = drop
    }

    deinit { drop() }
}
