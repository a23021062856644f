import MartletCore

/// A handler that is a function, in a box that is called where it stands.
final class FunctionHandler: Sendable {
    /// The function without what its type says of actors: who calls it is on the shard.
    private typealias Plain =
        @Sendable (RouterShard, Stanza, Context) throws(StanzaError) -> Verdict
    private let function: Plain

    init(_ handler: @escaping Handler) {
        // As `assumeIsolated` does it: `isolated` changes how a function may be called, not how it is.
        function = unsafeBitCast(handler, to: Plain.self)
    }

    /// Calls it, on the thread of the shard.
    ///
    /// Not of a shard: inside of one, lending the handler would be taken for a reason to check on which
    /// executor this is.
    @inline(__always)
    static func call(
        _ handler: Unmanaged<FunctionHandler>,
        _ shard: RouterShard,
        _ stanza: Stanza,
        _ context: Context
    ) -> Verdict {
        handler._withUnsafeGuaranteedRef {
            do throws(StanzaError) {
                return try $0.function(shard, stanza, context)
            } catch {
                return .failed(error)
            }
        }
    }
}
