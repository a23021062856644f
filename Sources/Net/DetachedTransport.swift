import Glibc

/// A connection between two shards; closed if nobody attaches it.
///
/// Unchecked: one thread detaches, hands it on, and another attaches; it is never shared.
public final class DetachedTransport: @unchecked Sendable {
    enum Medium {
        case socket(CInt)
        case pipe(PipeTransport.Wiring)
        /// It was over before it was detached.
        case gone(TransportEnd)
    }

    public let peerAddress: SocketAddress

    private var medium: Medium?
    private var baggage: Transport.Baggage

    init(_ medium: Medium, _ baggage: Transport.Baggage, peerAddress: SocketAddress) {
        self.medium = medium
        self.baggage = baggage
        self.peerAddress = peerAddress
    }

    deinit {
        baggage.admission?.giveBack()
        switch medium {
        case .socket(let descriptor): Glibc.close(descriptor)
        case .pipe(let wiring): wiring.close()
        case .gone, nil: break
        }
    }

    /// Goes on with the connection on `shard`, on whose thread this is called, once.
    public func attach(
        to shard: Shard,
        delegate: (any TransportDelegate)? = nil
    ) -> Transport {
        shard.assertCurrent()
        guard let medium else { preconditionFailure("a transport is attached once") }
        self.medium = nil
        let transport: Transport
        switch medium {
        case .socket(let descriptor):
            transport = SocketTransport(
                descriptor: descriptor,
                shard: shard,
                peerAddress: peerAddress
            )
        case .pipe(let wiring):
            transport = PipeTransport(wiring, on: shard, peerAddress: peerAddress)
        case .gone: transport = Transport(shard: shard, peerAddress: peerAddress)
        }
        if transport.phase == .open {
            transport.unpack(baggage)
            baggage.admission = nil
        }
        if case .gone(let end) = medium { transport.finish(end) }
        transport.delegate = delegate
        return transport
    }
}
