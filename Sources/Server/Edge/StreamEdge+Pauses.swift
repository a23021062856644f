import MartletNet

/// Why a peer is not read from.
struct StreamPause: OptionSet {
    let rawValue: UInt8

    /// The machine waits for an answer; nothing may overtake it.
    static let negotiation = StreamPause(rawValue: 1)
    /// The home has too many stanzas of this stream waiting.
    static let home = StreamPause(rawValue: 2)
    /// The peer sent more than its rate allows.
    static let rate = StreamPause(rawValue: 4)
    /// The peer does not read its answers, so its questions are not read either.
    static let congestion = StreamPause(rawValue: 8)
    /// The server is about to stop.
    static let stopping = StreamPause(rawValue: 16)
}

/// When a peer is not read from: back-pressure, and rates (design: a slow reader first stops being
/// read from).
extension StreamEdge {
    func pause(_ reason: StreamPause) {
        if pauses.isEmpty { transport.pauseReading() }
        pauses.insert(reason)
    }

    func resume(_ reason: StreamPause) {
        guard pauses.remove(reason) != nil, pauses.isEmpty else { return }
        transport.resumeReading()
    }

    /// Counts bytes that were read; pauses for those that are too many.
    func limitRate(bytes: Int) {
        hold(for: byteBucket.take(bytes, at: shard.now))
    }

    /// Counts one stanza, or what costs as much.
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
            guard let self else { return }
            let owed = self.owed
            if owed > .zero { release(after: owed) } else { resume(.rate) }
        }
    }

    private var owed: Duration {
        max(byteBucket.take(0, at: shard.now), stanzaBucket.take(0, at: shard.now))
    }
}
