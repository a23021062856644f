import MartletCore
import MartletCrypto
import MartletNet
import MartletStorage
import MartletStreams

/// What the transport tells; always on the shard.
extension S2SConnection: TransportDelegate {
    nonisolated func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        // Lent for the length of this call, which stays on the shard's thread.
        nonisolated(unsafe) let bytes = bytes
        assumeIsolated { $0.receive(bytes) }
    }

    nonisolated func transportSecured(_ transport: Transport) {
        assumeIsolated { $0.secured() }
    }

    nonisolated func transportReachedEnd(_ transport: Transport) {
        assumeIsolated { $0.reachedEnd() }
    }

    nonisolated func transportDrained(_ transport: Transport) {
        assumeIsolated { connection in
            connection.stalledSince = nil
            connection.writeHeld()
        }
    }

    nonisolated func transportFlushed(_ transport: Transport) {
        assumeIsolated { connection in
            connection.delivery.flushed()
            connection.noteArrivals()
            // What waits for acknowledgements of others has not left.
            if connection.delivery.held.isEmpty { connection.releaseFlushWaiters() }
        }
    }

    nonisolated func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        assumeIsolated { $0.closed(reason) }
    }

    /// Begins TLS, as either side of it.
    func secure() {
        guard let (context, role) = security else {
            carryOut(machine.close(StreamError(.internalServerError)))
            return
        }
        edge.arm(within: min(service.current.limits.tlsTime, proofTimeLeft)) {
            self.assumeIsolated { $0.timeOut() }
        }
        edge.startTLS(context, role: role)
    }

    /// What secures the stream, and how; nil where this server has no TLS.
    private var security: (TLSContext, TLSRole)? {
        let tls = service.now.tls
        switch (origin, machine) {
        case (.accepted(let terms), .incoming(let incoming)):
            guard let context = tls.server else { return nil }
            return (context, tls.serverRole(for: incoming.domain, isDirect: terms.isDirect))
        case (.dialled(let order), .outgoing):
            return (tls.client, tls.clientRole(for: order.pair, isDirect: order.isDirect))
        default: return nil
        }
    }

    private func secured() {
        edge.secured()
        armProof()
        tlsVersion = transport.tls?.version
        let seconds = Timestamp.now().microseconds / 1_000_000
        hear(.secured(PeerIdentity(transport.tls, atUnixTime: seconds)))
    }

    /// The peer will say no more.
    private func reachedEnd() {
        if !machine.isClosed {
            if fault == nil { fault = .lost("it closed the connection") }
            carryOut(machine.close(nil))
        }
        transport.close(afterFlush: true, within: service.current.limits.closingTime)
    }

    private func closed(_ reason: TransportEnd) {
        if fault == nil { fault = S2SFault(reason) }
        if !machine.isClosed { carryOut(machine.close(nil)) }
        isOver = true
        edge.close()
        leaveStrangers()
        forgetEcho()
        service.seats.leave(seats, self)
        giveBack()
        noteArrivals()
        releaseFlushWaiters()
        for pool in poolsConcerned { pool.post(.closed(self, fault ?? .lost("it ended"))) }
        report(.info, "stream ended", ["reason": "\(fault?.description ?? "\(reason)")"])
        // Last: who waits for the end of all streams may take the pools away.
        service.streams.forget(self)
    }

    /// Returns what this stream did not get rid of to those who gave it.
    func giveBack() {
        for (pair, unwritten, unacknowledged) in delivery.settle() {
            service.pool(of: pair.target)?.post(
                .undelivered(
                    self,
                    pair,
                    unwritten: unwritten,
                    unacknowledged: unacknowledged,
                    fault ?? .lost("it ended")
                )
            )
        }
    }

    /// Those who know this stream: its own, or those of the pairs that may be written to it.
    private var poolsConcerned: [any PeerPool] {
        if let pool { return [pool] }
        var pools: [any PeerPool] = []
        for pair in reversible {
            guard let pool = service.pool(of: pair.target) else { continue }
            if !pools.contains(where: { $0 === pool }) { pools.append(pool) }
        }
        return pools
    }
}

extension S2SFault {
    init(_ end: TransportEnd) {
        switch end {
        case .tls(let fault): self = .tlsFailed("\(fault)")
        case .timedOut: self = .timedOut
        case .shardStopped: self = .stopping
        case .closed: self = .lost("the stream was closed")
        case .peerClosed: self = .lost("it closed the connection")
        case .reset: self = .lost("the connection was reset")
        case .overflow: self = .lost("it does not read")
        }
    }
}
