public import MartletCrypto

/// A byte stream as a connection sees it: TCP, TLS over either, or an in-memory pipe.
///
/// Confined to its shard: every member is for the shard's thread. It keeps its delegate until
/// `transportClosed`, and the shard keeps it while it is open. An idle transport holds no buffer.
///
/// Unchecked, because it is confined: debug builds assert the thread in each entry.
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
    public let peerAddress: SocketAddress
    public var limits = WriteLimits()

    /// The owner; nothing is read before there is one.
    public var delegate: (any TransportDelegate)? {
        didSet { delegateChanged(had: oldValue != nil) }
    }

    /// Whether `bufferedBytes` went above the high-water mark and has not drained since.
    public private(set) var isCongested = false
    public private(set) var isReadingPaused = false

    final var phase = Phase.open
    /// The peer said its last: nothing more is read.
    final var hasReachedEnd = false
    /// The medium took less than it was given; nothing is written until it says that it can.
    final var isBlocked = false
    /// A place in a table of counted connections, given back at the end.
    final var admission: Admission?

    /// What goes to the medium, from `outputStart` on.
    private var output: [UInt8] = []
    private var outputStart = 0
    /// What is still to be encrypted.
    private var plain: [UInt8] = []
    private var session: TLSSession?
    private var isDirty = false
    private var hasShut = false
    private var hasAnnouncedEnd = false
    private var end = TransportEnd.closed
    private var lingerTimer: TimerID?

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

// MARK: Writing

extension Transport {
    /// How many bytes wait to be written.
    public final var bufferedBytes: Int { output.count - outputStart + plain.count }

    /// Appends bytes to what is written at the end of this turn.
    public final func send(_ bytes: borrowing [UInt8]) {
        bytes.withUnsafeBytes { send($0) }
    }

    /// Appends bytes to what is written at the end of this turn.
    public final func send(_ bytes: UnsafeRawBufferPointer) {
        withOutput { $0.append(contentsOf: bytes) }
    }

    /// Lets `body` append to what is written at the end of this turn.
    ///
    /// It must not change what is there already, nor call the transport. Once the transport is
    /// closed it appends to nothing.
    public final func withOutput(_ body: (inout [UInt8]) -> Void) {
        shard.assertCurrent()
        guard phase == .open else {
            var nothing: [UInt8] = []
            return body(&nothing)
        }
        if session == nil {
            if output.capacity == 0 { output = shard.buffers.take() }
            body(&output)
        } else {
            if plain.capacity == 0 { plain = shard.buffers.take() }
            body(&plain)
        }
        markDirty()
        if bufferedBytes > limits.highWater { relieve() }
    }

    final func markDirty() {
        guard !isDirty else { return }
        isDirty = true
        shard.dirty.append(self)
    }

    /// Too much waits for the end of the turn: writes now what the peer takes, and judges the rest.
    private func relieve() {
        flush()
        guard phase == .open, bufferedBytes > limits.highWater else { return }
        isCongested = true
        if bufferedBytes > limits.maximum { finish(.overflow) }
    }

    final func flushAtTurnEnd() {
        isDirty = false
        flush()
        reportDrained()
        if phase == .closing { advanceClosing() }
    }

    /// The medium takes bytes again.
    final func mediumCanWrite() {
        isBlocked = false
        interestChanged()
        markDirty()
    }

    private func flush() {
        guard phase == .open || phase == .closing else { return }
        encrypt()
        guard !isBlocked, phase != .ended else { return }
        guard output.count > outputStart else { return dropOutput() }
        let written = output.withUnsafeBytes {
            write(UnsafeRawBufferPointer(rebasing: $0[outputStart...]))
        }
        switch written {
        case .all: dropOutput()
        case .some(let count):
            outputStart += count
            isBlocked = true
            compact()
            interestChanged()
        case .broken: finish(hasReachedEnd ? .peerClosed : .reset)
        }
    }

    /// Makes records of what waits for it, once the handshake is over.
    private func encrypt() {
        guard let session, session.state != .handshaking, !plain.isEmpty else { return }
        if output.capacity == 0 { output = shard.buffers.take() }
        do {
            try plain.withUnsafeBufferPointer { bytes throws(TLSFault) in
                try session.send(UnsafeRawBufferPointer(bytes), output: &output)
            }
            shard.buffers.giveBack(&plain)
        } catch {
            finish(.tls(error))
        }
    }

    private func dropOutput() {
        outputStart = 0
        shard.buffers.giveBack(&output)
    }

    /// Frees the written front once it is the larger part.
    private func compact() {
        guard outputStart > 64 * 1024, outputStart > output.count / 2 else { return }
        output.removeFirst(outputStart)
        outputStart = 0
    }

    private func reportDrained() {
        guard phase == .open, isCongested, bufferedBytes < limits.lowWater else { return }
        isCongested = false
        delegate?.transportDrained(self)
    }
}

// MARK: Reading

extension Transport {
    /// Stops reading; at most what was read already in this turn is still delivered.
    public final func pauseReading() {
        shard.assertCurrent()
        guard !isReadingPaused else { return }
        isReadingPaused = true
        interestChanged()
    }

    public final func resumeReading() {
        shard.assertCurrent()
        guard isReadingPaused else { return }
        isReadingPaused = false
        interestChanged()
    }

    /// Bytes came from the medium.
    final func mediumReceived(_ bytes: UnsafeRawBufferPointer) {
        guard phase == .open else { return }
        if let session {
            decrypt(bytes, session)
        } else {
            delegate?.transport(self, received: bytes)
        }
    }

    /// Decrypts all of a chunk before the owner is given any of it, so that the owner may do what
    /// it likes with this transport, even hand it over.
    private func decrypt(_ bytes: UnsafeRawBufferPointer, _ session: TLSSession) {
        var plaintext: [UInt8] = []
        swap(&plaintext, &shard.plaintext)
        defer {
            plaintext.removeAll(keepingCapacity: true)
            swap(&plaintext, &shard.plaintext)
        }
        let wasSecure = session.state != .handshaking
        if output.capacity == 0 { output = shard.buffers.take() }
        do {
            _ = try session.receive(
                bytes,
                plaintext: { plaintext.append(contentsOf: $0) },
                output: &output
            )
        } catch {
            flush()  // The alert.
            return finish(.tls(error))
        }
        markDirty()
        deliver(plaintext, session, isNewlySecure: !wasSecure && session.state != .handshaking)
    }

    private func deliver(_ plaintext: [UInt8], _ session: TLSSession, isNewlySecure: Bool) {
        if isNewlySecure { delegate?.transportSecured(self) }
        if phase == .open, !plaintext.isEmpty {
            plaintext.withUnsafeBytes { delegate?.transport(self, received: $0) }
        }
        if phase == .open, session.state == .peerClosed { mediumReachedEnd() }
    }

    /// The medium has delivered its last byte.
    final func mediumReachedEnd() {
        guard phase == .open || phase == .closing, !hasReachedEnd else { return }
        hasReachedEnd = true
        interestChanged()
        if phase == .closing {
            advanceClosing()
        } else if session?.state == .handshaking {
            finish(.peerClosed)
        } else {
            delegate?.transportReachedEnd(self)
        }
    }

    private func delegateChanged(had: Bool) {
        shard.assertCurrent()
        guard had != (delegate != nil) else { return }
        if phase == .ended, delegate != nil { shard.endings.append(self) }
        if phase == .open { interestChanged() }
    }
}

// MARK: Closing

extension Transport {
    /// Ends the connection; `transportClosed` follows, at the end of this turn at the earliest.
    ///
    /// - Parameters:
    ///   - afterFlush: whether to write what waits, say so (FIN) and wait for the peer to do the same;
    ///     what it still sends is thrown away. Otherwise what waits is dropped.
    ///   - limit: the time for that, after which the connection is cut.
    public final func close(afterFlush: Bool, within limit: Duration) {
        shard.assertCurrent()
        guard phase == .open else { return }
        guard afterFlush else { return finish(.closed) }
        end = hasReachedEnd ? .peerClosed : .closed
        sealOutput()
        guard phase == .open else { return }
        phase = .closing
        lingerTimer = shard.schedule(after: limit) { [unowned self] in lingeredTooLong() }
        interestChanged()
        markDirty()
    }

    /// Puts TLS's own last word behind what waits to be written.
    private func sealOutput() {
        guard let session else { return }
        encrypt()
        shard.buffers.giveBack(&plain)
        if output.capacity == 0 { output = shard.buffers.take() }
        session.close(output: &output)
    }

    private func advanceClosing() {
        guard phase == .closing, bufferedBytes == 0 else { return }
        if !hasShut {
            hasShut = true
            shutWriting()
        }
        if hasReachedEnd { finish(end) }
    }

    private func lingeredTooLong() {
        lingerTimer = nil
        finish(bufferedBytes == 0 ? end : .timedOut)
    }

    /// Ends it now; its owner hears of it at the end of this turn.
    final func finish(_ reason: TransportEnd) {
        guard phase == .open || phase == .closing else { return }
        phase = .ended
        end = reason
        if let lingerTimer { shard.cancel(lingerTimer) }
        lingerTimer = nil
        dropOutput()
        shard.buffers.giveBack(&plain)
        session = nil
        release()
        admission?.giveBack()
        admission = nil
        shard.endings.append(self)
    }

    final func announceEnd() {
        guard phase == .ended, !hasAnnouncedEnd, let owner = delegate else { return }
        hasAnnouncedEnd = true
        delegate = nil
        owner.transportClosed(self, end)
    }
}

// MARK: Handing over

extension Transport {
    /// What moves to another shard: all but the medium.
    struct Baggage {
        var limits: WriteLimits
        var isCongested: Bool
        var isReadingPaused: Bool
        var hasReachedEnd: Bool
        var output: [UInt8]
        var outputStart: Int
        var plain: [UInt8]
        var session: TLSSession?
        var admission: Admission?
    }

    /// Lets go of the connection so that another shard can take it, with its TLS session and what
    /// waits to be written; what the peer sends in between waits in the medium.
    ///
    /// May be called from within `received`, too. This transport says nothing more, and one that
    /// was closed already tells its new owner.
    public final func detach() -> DetachedTransport {
        shard.assertCurrent()
        precondition(phase != .detached, "a transport is handed over once")
        if phase == .closing { finish(end) }
        let medium = phase == .ended ? DetachedTransport.Medium.gone(end) : giveMediumAway()
        phase = .detached
        delegate = nil
        let baggage = Baggage(
            limits: limits,
            isCongested: isCongested,
            isReadingPaused: isReadingPaused,
            hasReachedEnd: hasReachedEnd,
            output: output,
            outputStart: outputStart,
            plain: plain,
            session: session,
            admission: admission
        )
        output = []
        plain = []
        session = nil
        admission = nil
        return DetachedTransport(medium, baggage, peerAddress: peerAddress)
    }

    final func unpack(_ baggage: Baggage) {
        limits = baggage.limits
        isCongested = baggage.isCongested
        isReadingPaused = baggage.isReadingPaused
        hasReachedEnd = baggage.hasReachedEnd
        output = baggage.output
        outputStart = baggage.outputStart
        plain = baggage.plain
        session = baggage.session
        admission = baggage.admission
        if bufferedBytes > 0 { markDirty() }
        guard session?.state == .peerClosed, !hasReachedEnd else { return }
        shard.schedule(after: .zero) { [self] in mediumReachedEnd() }
    }
}
