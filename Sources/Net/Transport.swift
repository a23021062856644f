public import MartletCrypto

/// A byte stream as a connection sees it: TCP, TLS over either, or an in-memory pipe.
///
/// Confined to its shard: every member is for the shard's thread. It keeps its delegate until
/// `transportClosed`, and the shard keeps it while it is open. An idle transport holds no buffer.
///
/// Unchecked, because it is confined: debug builds assert the thread in each entry. Where exclusivity
/// is unchecked a property is read and assigned whole, or lent to what reaches no transport (`withOutput`
/// asks that of its caller): no access can meet another.
public class Transport: @unchecked Sendable {
    enum Phase {
        case open
        /// Closed by us: what waits is being flushed, what comes in is thrown away.
        case closing
        case ended
        /// Handed to another shard; this object is a shell.
        case detached
    }

    /// What a medium made of bytes it was given.
    enum Written {
        case all
        /// The medium takes no more for now and will report when it does again.
        case some(Int)
        case broken
    }

    public let shard: Shard

    // What is read for each write, together.

    /// What goes to the medium, from `outputStart` on.
    @exclusivity(unchecked) final var output: [UInt8] = []
    @exclusivity(unchecked) final var outputStart = 0
    /// What is still to be encrypted.
    @exclusivity(unchecked) final var plain: [UInt8] = []
    @exclusivity(unchecked) final var session: TLSSession?
    @exclusivity(unchecked) final var isDirty = false
    @exclusivity(unchecked) final var awaitsFlush = false
    @exclusivity(unchecked) final var phase = Phase.open
    /// The peer said its last: nothing more is read.
    @exclusivity(unchecked) final var hasReachedEnd = false
    /// The medium took less than it was given; nothing is written until it says that it can.
    @exclusivity(unchecked) final var isBlocked = false
    /// Whether `bufferedBytes` went above the high-water mark and has not drained since.
    @exclusivity(unchecked) public final internal(set) var isCongested = false
    @exclusivity(unchecked) public final internal(set) var isReadingPaused = false
    @exclusivity(unchecked) public var limits = WriteLimits()

    public let peerAddress: SocketAddress

    /// The owner; nothing is read before there is one.
    public var delegate: (any TransportDelegate)? {
        didSet { delegateChanged(had: oldValue != nil) }
    }

    /// A place in a table of counted connections, given back at the end.
    final var admission: Admission?

    @exclusivity(unchecked) final var hasShut = false
    @exclusivity(unchecked) final var hasAnnouncedEnd = false
    final var end = TransportEnd.closed
    final var lingerTimer: TimerID?

    init(shard: Shard, peerAddress: SocketAddress) {
        self.shard = shard
        self.peerAddress = peerAddress
    }

    /// Whether what is sent now is encrypted: the TLS handshake is over.
    public var isSecure: Bool { session.map { $0.state != .handshaking } ?? false }

    /// What TLS negotiated, computed by each call; nil before `transportSecured`.
    public var tls: TLSInfo? { session?.info }

    /// What a client may resume its TLS session by, once the server has sent it.
    public final var tlsTicket: TLSTicket? { session?.ticket }

    /// Begins a TLS handshake; `transportSecured` follows.
    ///
    /// What was written before still goes out in the clear, what is written from now on waits for
    /// the handshake to be over. What the peer sent in the clear after the request for TLS is
    /// never taken for its plaintext: the owner drops the rest of the chunk in which the request
    /// stood (RFC 6120 §5.4.3.3), and what comes later is no TLS and ends the connection.
    public func startTLS(_ context: TLSContext, role: TLSRole) {
        shard.assertCurrent()
        guard phase == .open, session == nil else { return }
        do {
            let session = try TLSSession(context, role: role)
            self.session = session
            if output.capacity == 0 { output = shard.buffers.take() }
            try session.begin(output: &output)
            markDirty()
        } catch {
            finish(.tls(error))
        }
    }

    // MARK: What a medium is

    /// Hands bytes to the peer, without waiting.
    func write(_ bytes: UnsafeRawBufferPointer) -> Written { .broken }
    /// Says that nothing more will be written.
    func shutWriting() {}
    /// Lets go of the descriptor, or of its like; called once.
    func release() {}
    /// Lets go of the descriptor without closing it.
    func giveMediumAway() -> DetachedTransport.Medium { .gone(.reset) }
    /// `wantsBytes` or `isBlocked` changed.
    func interestChanged() {}

    final var wantsBytes: Bool {
        guard !hasReachedEnd else { return false }
        return phase == .closing || (phase == .open && !isReadingPaused && delegate != nil)
    }
}
