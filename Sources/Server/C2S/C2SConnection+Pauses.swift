import MartletNet

/// When a client is not read from: back-pressure, and rates (design: a slow reader first stops being
/// read from).
extension C2SConnection {
    func pause(_ reason: Pause) {
        if pauses.isEmpty { transport.pauseReading() }
        pauses.insert(reason)
    }

    func resume(_ reason: Pause) {
        guard pauses.remove(reason) != nil, pauses.isEmpty else { return }
        transport.resumeReading()
    }

    /// Before login the parser's limits and the clock bound what a stranger can send.
    func limitRate(bytes: Int) {
        guard session != nil else { return }
        hold(for: byteBucket.take(bytes, at: shard.now))
    }

    func countStanza() {
        hold(for: stanzaBucket.take(1, at: shard.now))
    }

    /// Reads nothing until the bucket is even again.
    private func hold(for delay: Duration) {
        guard delay > .zero, !pauses.contains(.rate) else { return }
        pause(.rate)
        shard.schedule(after: delay) { [weak self] in
            self?.assumeIsolated { $0.resume(.rate) }
        }
    }
}
