import MartletCore
import MartletNet

/// Before the server stops: nothing is left under way of which nobody would be told any more.
extension S2SPool {
    /// Has all that was given before arrive, or go back to its senders.
    ///
    /// What has no stream within the limit goes back. Peers have half of it again to say that they got the
    /// rest; a stream of one that does not is ended, and gives back what it did not get rid of.
    func settle(within limit: Duration) async {
        await flush(within: limit)
        for entry in Array(entries.values) where entry.route.barred == nil {
            tell(entry, .bar(.stopping, nil))
        }
        awaited = links.mapValues(\.link)
        for link in awaited.values {
            link.afterArrival { [weak self] in self?.put(.arrived(link)) }
        }
        await awaitLinks(within: limit / 2)
        for link in awaited.values { link.end(StreamError(.systemShutdown)) }
        await awaitLinks(within: limit)
        guard end == nil else { return }
        for entry in Array(entries.values) where entry.route.barred == .stopping {
            tell(entry, .unbar)
        }
    }

    /// Returns when none is awaited any more, or the time is up.
    private func awaitLinks(within limit: Duration) async {
        guard !awaited.isEmpty else { return }
        let timer = shard.schedule(after: limit) { [weak self] in
            self?.assumeIsolated { $0.endAwaiting() }
        }
        await withCheckedContinuation { awaiting.append($0) }
        shard.cancel(timer)
    }

    /// A link has nothing under way any more.
    func noteArrival(of link: any PeerLink) {
        guard awaited.removeValue(forKey: ObjectIdentifier(link)) != nil else { return }
        if awaited.isEmpty { endAwaiting() }
    }

    func endAwaiting() {
        for continuation in awaiting { continuation.resume() }
        awaiting = []
    }
}
