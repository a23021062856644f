/// Tells when a descriptor is ready that someone else reads and writes, such as a C library.
///
/// It does so from `init` to `cancel`, and hears of the shard's end. It may watch nothing.
///
/// Unchecked, because all is done on the shard's thread.
package final class DescriptorWatch: EventSource, @unchecked Sendable {
    private let shard: Shard
    private var token: UInt64 = 0
    private var descriptor: CInt = -1
    private var interest: Interest = []
    private var ready: ((_ canRead: Bool, _ canWrite: Bool) -> Void)?
    private var stopped: (() -> Void)?

    /// Takes a place among what the shard watches, without a descriptor.
    ///
    /// `ready` is called in turns in which the descriptor is ready; a fault makes it ready for both.
    /// `stopped` is called once, if the shard stops before `cancel`, perhaps in a later turn.
    package init(
        on shard: Shard,
        ready: @escaping (_ canRead: Bool, _ canWrite: Bool) -> Void,
        stopped: @escaping () -> Void
    ) {
        shard.assertCurrent()
        self.shard = shard
        self.ready = ready
        self.stopped = stopped
        token = shard.sources.insert(self)
        if shard.hasStopped { shard.submit { [self] in shardStops() } }
    }

    /// Watches a descriptor, or another one, or for something else.
    ///
    /// - Returns: whether the kernel does that.
    package func watch(_ descriptor: CInt, reading: Bool, writing: Bool) -> Bool {
        shard.assertCurrent()
        guard ready != nil, !shard.hasStopped else { return false }
        var interest: Interest = reading ? .reading : []
        if writing { interest.insert(.writing) }
        if descriptor == self.descriptor {
            if interest != self.interest {
                shard.poller.change(descriptor, to: interest, token: token)
            }
        } else {
            letGo()
            guard shard.poller.add(descriptor, interest, token: token) else { return false }
        }
        self.descriptor = descriptor
        self.interest = interest
        return true
    }

    /// Watches nothing; before its owner may close the descriptor.
    package func letGo() {
        shard.assertCurrent()
        if descriptor >= 0 { shard.poller.remove(descriptor) }
        descriptor = -1
        interest = []
    }

    /// Gives the place up, and tells nothing any more.
    package func cancel() {
        guard ready != nil else { return }
        letGo()
        shard.sources.remove(token)
        ready = nil
        stopped = nil
    }

    func isReady(_ readiness: Readiness) {
        ready?(
            readiness.canRead || readiness.isHungUp,
            readiness.canWrite || readiness.isHungUp
        )
    }

    func shardStops() {
        let stopped = self.stopped
        cancel()
        stopped?()
    }
}
