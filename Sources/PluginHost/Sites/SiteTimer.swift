import CPlugin
import MartletNet
import Synchronization

/// A plugin's timer, on one of the shards.
///
/// Unchecked: what it calls is a function and a pointer that only its plugin follows.
final class SiteTimer: @unchecked Sendable {
    private unowned let site: PluginSite
    private let shard: Shard
    private let number: UInt64
    private let every: Duration?
    private let call: martlet_timer_fn
    private let ud: UnsafeMutableRawPointer?
    private let isCancelled = Atomic(false)

    init(
        _ number: UInt64,
        of site: PluginSite,
        on shard: Shard,
        every: Duration?,
        _ call: @escaping martlet_timer_fn,
        _ ud: UnsafeMutableRawPointer?
    ) {
        self.number = number
        self.site = site
        self.shard = shard
        self.every = every
        self.call = call
        self.ud = ud
    }

    func start(after first: Duration) {
        shard.submit { [self] in shard.schedule(after: first) { self.fire() } }
    }

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    private func fire() {
        guard !isCancelled.load(ordering: .relaxed), !site.isStopped else { return }
        if let every {
            shard.schedule(after: every) { self.fire() }
        } else if site.forget(timer: number) == nil {
            // Somebody was told a moment ago that it is cancelled.
            return
        }
        call(ud, number)
    }
}
