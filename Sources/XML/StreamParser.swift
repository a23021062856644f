/// Turns one stream's bytes into its header, its stanzas and its end.
///
/// It holds a parser of the pool only while bytes of an unfinished stanza wait for the rest, and it
/// and its pool are used on one thread. What it holds at its end is freed, on whatever thread that
/// may be; ``close()`` gives it back instead.
public struct StreamParser: ~Copyable {
    private enum State { case header, stanzas, closed }

    /// What the peer may send; may change at any time, and counts from the next byte on.
    public var limits: XMLLimits

    private var pool: ParserPool
    private var reader: ExpatReader?
    private var scope = HeaderScope.client
    private var state = State.header
    private var fault: XMLError?
    /// Bytes read since the stream began, but for those of the `read` under way.
    private var consumed = 0
    /// Space before the header, which counts as part of it.
    private var leadingSpace = 0

    /// Expat copies what it is given: this bounds its buffer.
    private static let sliceBytes = 16_384

    public init(pool: ParserPool, limits: XMLLimits = .preAuthentication) {
        self.pool = pool
        self.limits = limits
    }

    /// A stream whose header was read elsewhere.
    init(pool: ParserPool, limits: XMLLimits, inside scope: HeaderScope) {
        self.init(pool: pool, limits: limits)
        self.scope = scope
        state = .stanzas
    }

    /// Whether a parser of the pool is in use.
    public var holdsParser: Bool { reader != nil }

    /// Whether nothing is pending: the last byte ended a stanza, or was space after it.
    public var isIdle: Bool { reader?.isIdle ?? true }

    /// Expects a new header (RFC 6120 §4.3.3), and forgets all that was said before.
    public mutating func restart() {
        release()
        scope = .client
        (state, fault, consumed, leadingSpace) = (.header, nil, 0, 0)
    }

    /// Reads nothing any more, and gives back what it holds.
    public mutating func close() {
        release()
        state = .closed
    }

    /// Reads the next bytes, cut anywhere, even inside a character, and appends what they say.
    ///
    /// - Returns: the fault, after the events that came before it; then it is always the same one.
    public mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        into events: inout [StreamEvent]
    ) -> XMLError? {
        let bytes = bytes.assumingMemoryBound(to: UInt8.self)
        var at = 0
        while at < bytes.count, fault == nil, state != .closed {
            if reader == nil {
                at += skipSpace(bytes.from(at))
                guard fault == nil, at < bytes.count, borrow(at) else { break }
            }
            at = readSlice(bytes, at, &events)
        }
        consumed += bytes.count
        if reader?.isIdle == true, scope.isUsual { release() }
        return fault
    }

    /// Eats what may stand between stanzas, so that a keepalive needs no parser.
    private mutating func skipSpace(_ bytes: Bytes) -> Int {
        let count = bytes.prefix { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 || $0 == 0x0D }.count
        guard state == .header else { return count }
        leadingSpace += count
        if leadingSpace > limits.stanzaBytes { fail(.limit(.stanzaBytes), count) }
        return count
    }

    private mutating func borrow(_ at: Int) -> Bool {
        reader = state == .header ? pool.lendForHeader() : pool.lend(for: scope)
        if reader == nil { fail(.outOfMemory, at) }
        return reader != nil
    }

    /// Gives the parser one slice, never past what the limit still allows.
    ///
    /// - Returns: where to read on.
    private mutating func readSlice(
        _ bytes: Bytes,
        _ at: Int,
        _ events: inout [StreamEvent]
    ) -> Int {
        guard let reader else { return at }
        let allowed = limits.stanzaBytes - leadingSpace - reader.pending + 1
        let end = min(bytes.count, at + min(max(allowed, 1), Self.sliceBytes))
        let slice = Bytes(rebasing: bytes[at..<end])
        if state == .header, reader.isForeignEncoding(slice) {
            fail(.unsupportedEncoding, at)
            return at
        }
        let forbidden = reader.markup.firstForbidden(in: slice)
        reader.limits = limits
        reader.offsetBase = at - reader.fed
        swap(&reader.events, &events)
        reader.feed(slice.upTo(forbidden ?? slice.count))
        swap(&reader.events, &events)
        return settle(reader, forbidden.map { at + $0 }, end)
    }

    /// Draws the conclusions of one slice.
    private mutating func settle(_ reader: ExpatReader, _ forbidden: Int?, _ end: Int) -> Int {
        if state == .header, let opened = reader.scope {
            scope = pool.shared(opened)
            reader.scope = scope
            (state, leadingSpace) = (.stanzas, 0)
        }
        switch reader.stop {
        case .fault(let kind): fail(kind, reader.stopIndex + reader.offsetBase)
        case .closed:
            state = .closed
            release()
        case .worn:
            let at = reader.boundary + reader.offsetBase
            release()
            return at
        case nil:
            if let forbidden {
                fail(.restrictedXML, forbidden)
            } else if reader.pending + leadingSpace > limits.stanzaBytes {
                fail(.limit(.stanzaBytes), end)
            }
        }
        return end
    }

    private mutating func fail(_ kind: XMLError.Kind, _ offset: Int) {
        fault = XMLError(kind, byteOffset: consumed + max(offset, 0))
        release()
    }

    /// Stands between two stanzas again, whatever followed the last one in the bytes of the last
    /// `read`: for a caller that read an event, must wait, and will read what followed it later.
    public mutating func returnToBoundary() {
        release()
        (state, fault) = (.stanzas, nil)
    }

    /// What another shard needs to read on where this parser stands, between two stanzas.
    public var continuation: Continuation { Continuation(scope: scope) }

    /// What a stream's header declared.
    public struct Continuation: Sendable {
        fileprivate let scope: HeaderScope
    }

    /// Reads on in a stream whose header another parser read.
    public init(pool: ParserPool, limits: XMLLimits, continuing stream: Continuation) {
        self.init(pool: pool, limits: limits, inside: stream.scope)
    }

    private mutating func release() {
        if let reader { pool.takeBack(reader) }
        reader = nil
    }
}
