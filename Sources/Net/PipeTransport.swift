public import MartletCrypto

/// One end of an in-memory pair, for tests and for what runs in one process.
///
/// Behaves as a socket does: bounded, in order, cut anywhere, able to carry TLS. Each end may be on
/// a shard of its own. Unchecked as `Transport` is.
public final class PipeTransport: Transport, EventSource, @unchecked Sendable {
    /// The two directions, as one end sees them.
    struct Wiring: Sendable {
        let incoming: PipeLane
        let outgoing: PipeLane
        /// Told instead of real TLS.
        var pretendedTLS: TLSInfo?
        var isPretendingTLS = false

        func close() {
            incoming.cut()
            outgoing.end()
        }
    }

    private var wiring: Wiring
    private var token: UInt64?

    /// Makes both ends; each is given its `delegate` on its shard's thread, before it is used.
    public static func pair(
        _ left: Shard,
        _ right: Shard,
        leftAddress: SocketAddress = .loopback(port: 1),
        rightAddress: SocketAddress = .loopback(port: 2)
    ) -> (PipeTransport, PipeTransport) {
        let (there, back) = (PipeLane(), PipeLane())
        return (
            PipeTransport(
                Wiring(incoming: back, outgoing: there),
                on: left,
                peerAddress: rightAddress
            ),
            PipeTransport(
                Wiring(incoming: there, outgoing: back),
                on: right,
                peerAddress: leftAddress
            )
        )
    }

    init(_ wiring: Wiring, on shard: Shard, peerAddress: SocketAddress) {
        self.wiring = wiring
        super.init(shard: shard, peerAddress: peerAddress)
        wiring.incoming.setReader(self)
        wiring.outgoing.setWriter(self)
        if shard.isCurrent { register() } else { shard.submit { self.register() } }
    }

    /// Breaks the pipe as a reset does: what is on its way is lost, both ends are told.
    public func cut() {
        wiring.incoming.cut()
        wiring.outgoing.cut()
    }

    /// Says it is TLS without being it: `startTLS` succeeds at once, and `tls` is `info`.
    ///
    /// - Parameters:
    ///   - info: what is told; its channel bindings should be those of the other end.
    ///   - now: whether it is secure from the start, as direct TLS is.
    public func pretendTLS(_ info: TLSInfo, now: Bool) {
        wiring.pretendedTLS = info
        wiring.isPretendingTLS = now
    }

    override public var isSecure: Bool { wiring.isPretendingTLS || super.isSecure }

    override public var tls: TLSInfo? {
        wiring.isPretendingTLS ? wiring.pretendedTLS : super.tls
    }

    override public func startTLS(_ context: TLSContext, role: TLSRole) {
        guard wiring.pretendedTLS != nil else { return super.startTLS(context, role: role) }
        guard phase == .open, !wiring.isPretendingTLS else { return }
        _ = wiring.incoming.take()  // Came in the clear.
        wiring.isPretendingTLS = true
        shard.schedule(after: .zero) { [self] in
            if phase == .open { delegate?.transportSecured(self) }
        }
    }

    private func register() {
        guard phase == .open, token == nil else { return }
        token = shard.sources.insert(self)
        if shard.hasStopped { finish(.shardStopped) }
    }

    // MARK: From the lanes, from any thread

    func wakeToRead() {
        shard.submit { self.read() }
    }

    func wakeToWrite() {
        shard.submit { if self.isBlocked { self.mediumCanWrite() } }
    }

    private func read() {
        if wiring.incoming.isCut { return finish(.reset) }
        guard wantsBytes else { return }
        let arrival = wiring.incoming.take()
        if !arrival.bytes.isEmpty { arrival.bytes.withUnsafeBytes { mediumReceived($0) } }
        if arrival.hasEnded, phase != .detached { mediumReachedEnd() }
    }

    // MARK: As a medium

    func isReady(_ readiness: Readiness) {}

    func shardStops() {
        finish(.shardStopped)
    }

    override func write(_ bytes: UnsafeRawBufferPointer) -> Written {
        wiring.outgoing.put(bytes)
    }

    override func shutWriting() {
        wiring.outgoing.end()
    }

    override func release() {
        leave()
        wiring.close()
    }

    override func giveMediumAway() -> DetachedTransport.Medium {
        leave()
        return .pipe(wiring)
    }

    override func interestChanged() {
        if wantsBytes { wakeToRead() }
    }

    private func leave() {
        wiring.incoming.setReader(nil)
        wiring.outgoing.setWriter(nil)
        if let token { shard.sources.remove(token) }
        token = nil
    }
}
