import CPlugin
import MartletCore
import MartletRouter
import MartletStorage
import Synchronization

/// A handler that waits for the store (`perform_then`): whom to tell, and what goes on with its verdict.
///
/// Unchecked: its shard alone touches it, but for the result, which a thread of the store writes before
/// it puts this into the shard's ``StoreAnswers``, where the shard finds it.
final class StoredCall: @unchecked Sendable {
    /// Who waits.
    struct Waiter {
        let hook: HookCall
        let stanza: Stanza
        let session: UInt64
        let done: @Sendable (isolated RouterShard, Verdict) -> Void
    }

    let site: PluginSite
    /// What a handler before left; the chain that waits keeps what it points at.
    let value: martlet_value?
    private let then: martlet_stored_fn
    private let ud: UnsafeMutableRawPointer?
    private var result: Result<[Outcome], StorageError>?
    private var waiter: Waiter?

    init(
        _ site: PluginSite,
        value: martlet_value?,
        _ then: @escaping martlet_stored_fn,
        _ ud: UnsafeMutableRawPointer?
    ) {
        self.site = site
        self.value = value
        self.then = then
        self.ud = ud
    }

    /// Asks the store, whose answer comes in a later turn of the shard.
    func start(
        _ operations: [MartletStorage.Operation],
        of owner: Owner,
        on shard: RouterShard
    ) {
        let answers = site.host.answers[shard.shard.index]
        shard.store.perform(operations, of: owner) { [self] result in
            self.result = result
            answers.put(self, for: shard)
        }
    }

    /// To be told within the turn in which it was started.
    func wait(_ waiter: Waiter) { self.waiter = waiter }

    /// Tells the plugin what came of it, and the chain what that answered.
    func finish(_ shard: isolated RouterShard) {
        guard let result, let waiter else { return }
        let verdict = waiter.hook.verdict(of: self, waiter, shard) { event in
            StoreCall.tell(result) { then(ud, event, $0, $1.baseAddress, $1.count) }
        }
        waiter.done(shard, verdict)
    }
}

/// What the store answered to handlers of one shard: put down by the store's threads, taken in one turn.
///
/// Unchecked: `taken` is the shard's own.
final class StoreAnswers: @unchecked Sendable {
    private let arrived = Mutex<[StoredCall]>([])
    /// Empty but for the turn in which they are told; its memory is used again.
    private var taken: [StoredCall] = []

    /// From any thread; the first to come wakes the shard for all of them.
    func put(_ call: StoredCall, for shard: RouterShard) {
        let isFirst = arrived.withLock {
            $0.append(call)
            return $0.count == 1
        }
        guard isFirst else { return }
        shard.shard.submit { shard.assumeIsolated { self.finish($0) } }
    }

    private func finish(_ shard: isolated RouterShard) {
        var calls: [StoredCall] = []
        swap(&calls, &taken)
        arrived.withLock { swap(&calls, &$0) }
        for call in calls { call.finish(shard) }
        calls.removeAll(keepingCapacity: true)
        taken = calls
    }
}
