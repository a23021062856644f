public import MartletCrypto

/// How much may wait to be written.
public struct WriteLimits: Sendable, Hashable {
    /// Above this many bytes the transport is congested: stop reading from those who feed it.
    public var highWater: Int
    /// Below this many bytes, after congestion, its owner is told that it has drained.
    public var lowWater: Int
    /// More than this closes it (`TransportEnd.overflow`); what waits is dropped.
    public var maximum: Int

    public init(
        highWater: Int = 256 * 1024,
        lowWater: Int = 64 * 1024,
        maximum: Int = 2 * 1024 * 1024
    ) {
        self.highWater = highWater
        self.lowWater = lowWater
        self.maximum = maximum
    }
}

/// Why a transport is no more.
public enum TransportEnd: Sendable, Hashable {
    /// We closed it, and all that waited was handed to the kernel.
    case closed
    /// The peer said that it was done, and so were we.
    case peerClosed
    /// The connection broke: reset, unreachable, or given up by the kernel.
    case reset
    /// TLS failed: a handshake refused, or records that are none.
    case tls(TLSFault)
    /// The peer did not take what waited in the time that `close` gave it.
    case timedOut
    /// More waited to be written than `WriteLimits.maximum`: a peer that does not read.
    case overflow
    /// The shard stopped.
    case shardStopped
}

extension TransportEnd: CustomStringConvertible {
    public var description: String {
        switch self {
        case .closed: "closed"
        case .peerClosed: "peerClosed"
        case .reset: "reset"
        case .tls(let fault): "tls(\(fault))"
        case .timedOut: "timedOut"
        case .overflow: "overflow"
        case .shardStopped: "shardStopped"
        }
    }
}

/// The owner of a transport, called on the shard's thread.
///
/// Never called from inside a call on the transport: an actor that adopts this does so with
/// `nonisolated` methods that enter it by `assumeIsolated`.
public protocol TransportDelegate: AnyObject {
    /// Bytes came in, as plaintext; valid during the call. At most one chunk follows a pause.
    func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer)

    /// The TLS handshake is done; what is received from now on came through it.
    func transportSecured(_ transport: Transport)

    /// The peer will send no more (FIN, or TLS close_notify), but may still read.
    ///
    /// Unless implemented: flushes and closes, within five seconds.
    func transportReachedEnd(_ transport: Transport)

    /// What waited fell below the low-water mark, after it had been above the high one.
    func transportDrained(_ transport: Transport)

    /// Nothing waits to be written; told once for each `reportFlush`.
    func transportFlushed(_ transport: Transport)

    /// It is over; called once, always last. The transport lets its delegate go.
    func transportClosed(_ transport: Transport, _ reason: TransportEnd)
}

extension TransportDelegate {
    public func transportSecured(_ transport: Transport) {}
    public func transportDrained(_ transport: Transport) {}
    public func transportFlushed(_ transport: Transport) {}

    public func transportReachedEnd(_ transport: Transport) {
        transport.close(afterFlush: true, within: .seconds(5))
    }
}
