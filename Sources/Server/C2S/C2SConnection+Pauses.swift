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

    /// Reads nothing until the buckets are even again.
    private func hold(for delay: Duration) {
        guard delay > .zero, !pauses.contains(.rate) else { return }
        pause(.rate)
        release(after: delay)
    }

    /// Reads on, unless what came in the same read as the first excess is still owed.
    private func release(after delay: Duration) {
        shard.schedule(after: delay) { [weak self] in
            self?.assumeIsolated { connection in
                let owed = connection.owed
                if owed > .zero {
                    connection.release(after: owed)
                } else {
                    connection.resume(.rate)
                }
            }
        }
    }

    private var owed: Duration {
        max(byteBucket.take(0, at: shard.now), stanzaBucket.take(0, at: shard.now))
    }
}
