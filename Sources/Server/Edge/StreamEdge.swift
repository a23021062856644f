import MartletCore
import MartletCrypto
import MartletNet
import MartletXML

/// The lower end of any stream: bytes in, events out, and when nothing more is read.
///
/// A connection (an actor on the transport's shard) holds one and decides what events mean; the edge
/// knows no protocol. Nothing here allocates for an element: closures are lent, not kept.
///
/// Unchecked, because it is confined to its transport's shard, as that is. Where exclusivity is
/// unchecked, nothing that is called while a property changes comes back here.
final class StreamEdge: @unchecked Sendable {
    let transport: Transport
    @exclusivity(unchecked) var parser: StreamParser
    /// The room for the events of one read; empty between reads.
    @exclusivity(unchecked) var events: [StreamEvent] = []
    /// Bytes that came behind an element whose handling waits.
    @exclusivity(unchecked) var leftover: [UInt8] = []
    @exclusivity(unchecked) var byteBucket: TokenBucket
    @exclusivity(unchecked) var stanzaBucket: TokenBucket
    @exclusivity(unchecked) private(set) var lastReceived: ShardInstant
    @exclusivity(unchecked) private var watchdog: TimerID?
    /// Why reading stands still, if it does.
    @exclusivity(unchecked) var pauses: StreamPause = []
    /// A TLS handshake is under way: nothing that is said now would be read.
    @exclusivity(unchecked) private(set) var isSecuring = false

    /// Takes over a transport that was just accepted, or connected, on its shard.
    init(
        _ transport: Transport,
        parser: consuming StreamParser,
        bytes: TokenBucket,
        stanzas: TokenBucket
    ) {
        self.transport = transport
        self.parser = parser
        byteBucket = bytes
        stanzaBucket = stanzas
        lastReceived = transport.shard.now
    }

    var shard: Shard { transport.shard }

    /// How long the peer has been silent.
    var silence: Duration { lastReceived.duration(to: shard.now) }

    /// Notes that bytes came; false if they were kept, since an answer must be there first.
    func accepts(_ bytes: UnsafeRawBufferPointer) -> Bool {
        lastReceived = shard.now
        guard pauses.contains(.negotiation) else { return true }
        // Reading is paused, so they are one chunk at most.
        leftover.append(contentsOf: bytes)
        return false
    }

    // MARK: TLS

    /// Begins a handshake; ``secured()`` is called when `transportSecured` is.
    func startTLS(_ context: TLSContext, role: TLSRole) {
        leftover = []
        isSecuring = true
        transport.startTLS(context, role: role)
    }

    func secured() {
        isSecuring = false
    }

    // MARK: The watchdog

    /// Has `bark` called on the shard unless this is armed anew, or disarmed, in time.
    ///
    /// The timer keeps the connection that `bark` is about, which disarms it at its end (``close()``):
    /// a weak reference would make each count of the connection a slow one, for as long as it lives.
    func arm(within time: Duration, _ bark: @escaping () -> Void) {
        disarm()
        watchdog = shard.schedule(after: time, bark)
    }

    func disarm() {
        if let watchdog { shard.cancel(watchdog) }
        watchdog = nil
    }

    /// The transport is gone: gives back what this holds.
    func close() {
        disarm()
        parser.close()
    }
}
