import MartletNet

/// Those who want to know that what they gave is on its way: a client of ours is told then that its
/// stanza was taken (XEP-0198), and what was still in our memory would be lost with the process.
extension S2SConnection {
    func waitForFlush(_ passed: @escaping @Sendable () -> Void) {
        guard !isOver, transport.bufferedBytes > 0 || !delivery.held.isEmpty else {
            return passed()
        }
        flushWaiters.append(passed)
        transport.reportFlush()
        guard flushWaiters.count == 1 else { return }
        // A peer that does not read must not make our clients believe that we are gone.
        flushTimer = shard.schedule(after: PeerRoute.fenceTime) { [weak self] in
            self?.assumeIsolated { $0.releaseFlushWaiters() }
        }
    }

    /// Asks the peer at once; whoever waits here is about to end.
    func waitForArrival(_ passed: @escaping @Sendable () -> Void) {
        guard !isOver, !delivery.isEmpty else { return passed() }
        arrivalWaiters.append(passed)
        // For a peer that answers nothing, the kernel's word.
        transport.reportFlush()
        if delivery.management.count > 0 { requestAcknowledgement(always: true) }
        requestEcho()
    }

    /// The peer has told something, or the stream is over.
    func noteArrivals() {
        guard !arrivalWaiters.isEmpty, delivery.isEmpty else { return }
        let waiters = arrivalWaiters
        arrivalWaiters = []
        for passed in waiters { passed() }
    }

    func releaseFlushWaiters() {
        guard !flushWaiters.isEmpty else { return }
        if let flushTimer { shard.cancel(flushTimer) }
        flushTimer = nil
        let waiters = flushWaiters
        flushWaiters = []
        for passed in waiters { passed() }
    }
}
