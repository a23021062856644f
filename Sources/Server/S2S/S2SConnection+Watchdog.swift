import MartletCore
import MartletNet
import MartletStreams

/// Peers that prove nothing, do not acknowledge, or fall silent.
extension S2SConnection {
    /// What is left of the time from the connection to its first pair.
    var proofTimeLeft: Duration { max(shard.now.duration(to: provedBy), .zero) }

    /// Ends the stream unless something is proved in time.
    func armProof() {
        guard !isProved else { return watch() }
        edge.arm(within: proofTimeLeft) {
            self.assumeIsolated { $0.timeOut() }
        }
    }

    func timeOut() {
        if fault == nil { fault = .timedOut }
        carryOut(machine.close(StreamError(.connectionTimeout)))
    }

    /// Looks after the stream from time to time: one timer, set anew when it fires.
    func watch() {
        let step = min(service.current.limits.ackTime, service.current.limits.idleTime) / 2
        edge.arm(within: max(step, .milliseconds(10))) {
            self.assumeIsolated { $0.look() }
        }
    }

    private func look() {
        guard !machine.isClosed else { return }
        let limits = service.current.limits
        if let askedAt, askedAt.duration(to: shard.now) >= limits.ackTime {
            return timeOut()
        }
        if hasStalled(limits.ackTime) { return timeOut() }
        if lacksEcho(limits.ackTime) { return timeOut() }
        if !origin.isDialled, reversible.isEmpty, edge.silence >= limits.idleTime {
            // Who has something to say opens another.
            carryOut(machine.close(nil))
            return
        }
        keepAlive()
        watch()
    }

    /// Whether the peer has not read for so long what is written to it, though its connection stands:
    /// what waits would wait for ever, and those who write more would never be told why.
    private func hasStalled(_ limit: Duration) -> Bool {
        guard transport.isCongested else {
            stalledSince = nil
            return false
        }
        let since = stalledSince ?? shard.now
        stalledSince = since
        return since.duration(to: shard.now) >= limit
    }

    /// A word now and then, by whose fate a dead peer is noticed.
    private func keepAlive() {
        if delivery.management.isOn {
            if askedAt == nil { requestAcknowledgement(always: true) }
        } else if !transport.isCongested {
            transport.send([UInt8(ascii: " ")])
        }
    }
}
