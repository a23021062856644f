import MartletCore
import MartletNet
import MartletSASL
import MartletStreams

/// What the transport tells; always on the shard.
extension C2SConnection: TransportDelegate {
    nonisolated func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        enter(with: bytes) { $0.receive($1) }
    }

    nonisolated func transportSecured(_ transport: Transport) {
        assumeIsolated { $0.secured() }
    }

    nonisolated func transportReachedEnd(_ transport: Transport) {
        enter(with: ()) { connection, _ in connection.reachedEnd() }
    }

    nonisolated func transportDrained(_ transport: Transport) {
        assumeIsolated { $0.edge.resume(.congestion) }
    }

    nonisolated func transportFlushed(_ transport: Transport) {
        assumeIsolated { connection in
            guard let session = connection.session else { return }
            connection.home.assumeIsolated { $0.flushed(session) }
        }
    }

    nonisolated func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        enter(with: reason) { $0.closed($1) }
    }

    private func secured() {
        edge.secured()
        var security = StreamSecurity()
        security.isEncrypted = true
        if let tls = transport.tls {
            security.channelBindings = ChannelBinding.all(of: tls)
            security.certifiedAddresses = tls.certifiedAddresses
            tlsVersion = tls.version
        }
        _ = carryOut(machine.receive(.secured(security)))
        armWatchdog(within: loginTimeLeft)
    }

    /// The client will say no more.
    ///
    /// Without a closing tag it may come back (XEP-0198 §5).
    private func reachedEnd() {
        let wasClosed = machine.isClosed
        releaseSession(isResumable: !wasClosed)
        if !wasClosed { _ = machine.close(nil) }
        transport.close(afterFlush: true, within: service.limits.closingTime)
    }

    private func closed(_ reason: TransportEnd) {
        releaseSession(isResumable: !machine.isClosed)
        _ = machine.close(nil)
        edge.close()
        becomeFamiliar()
        service.streams.forget(self)
        report(.info, "connection closed", ["reason": "\(reason)"])
    }
}
