public import MartletCore
public import MartletXML

/// Acknowledgements on a stream between servers (XEP-0198), whichever side opened it.
///
/// It does no I/O. Streams are not resumed: what was not acknowledged when one ends goes back to those
/// who sent it. Counts on both sides begin with `<enable/>` and `<enabled/>` (XEP-0198 §4).
public struct StreamManagement: Sendable {
    /// Bounds on what waits to be acknowledged.
    public struct Limits: Hashable, Sendable {
        public var stanzas = 1_000
        public var bytes = 1_048_576
        /// How many stanzas are sent before another `<r/>` is.
        public var stanzasPerRequest = 20

        public init() {}
    }

    /// What comes of an element, in order.
    public enum Reply: Sendable {
        case send(Element)
        /// Management stands; from now on both sides count.
        case enabled
        /// The peer will not; this was sent meanwhile, and nobody will ever know more of it.
        case refused([(DomainPair, Stanza)])
        /// The peer has taken these on, in the order in which they were sent.
        case acknowledged([(DomainPair, Stanza)])
        /// The peer does not keep to the protocol.
        case close(StreamError)
    }

    private enum State: Sendable { case off, requested, on, refused }

    private let limits: Limits
    private var state = State.off
    private var queue = AckQueue<(DomainPair, Stanza)>()
    /// How many stanzas of the peer's were taken on, modulo 2³².
    public private(set) var receivedCount: UInt32 = 0
    /// How many were sent since the last `<r/>`.
    private var unasked = 0
    /// How many `<r/>` were not answered.
    private var unanswered = 0

    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Whether acknowledgements may be asked for and given.
    public var isOn: Bool { state == .on }
    /// Whether what is sent is kept: from our `<enable/>` on, or the peer's.
    public var isCounting: Bool { state == .on || state == .requested }
    public var count: Int { queue.count }
    public var byteCount: Int { queue.byteCount }
    /// What was sent and is not known to have arrived, in order.
    public var unacknowledged: [(DomainPair, Stanza)] { queue.items }
    /// Whether no more should be sent until the peer acknowledges some.
    public var isFull: Bool { queue.count >= limits.stanzas || queue.byteCount >= limits.bytes }
    /// Whether the peer owes an answer; its time begins anew with each `.acknowledged`.
    ///
    /// An answer that acknowledges nothing of what was asked about is none; but a peer that is slow may
    /// be asked again by `request()`, once, before it is given up.
    public var awaitsAnswer: Bool { isOn && (unanswered > 0 || queue.count > unasked) }
    /// Whether `<r/>` is to be sent: after the first of a burst, and each twentieth.
    public var isRequestDue: Bool {
        guard isOn, unasked > 0 else { return false }
        return unanswered == 0 || unasked >= limits.stanzasPerRequest
    }

    /// Whether that should not wait for more to be sent: it is the twentieth, or no more may be.
    public var isRequestUrgent: Bool { unasked >= limits.stanzasPerRequest || isFull }

    /// Begins on a stream that we opened; what is sent after the element counts.
    ///
    /// - Returns: the element to send, or nil when that was done before.
    public mutating func enable() -> Element? {
        guard state == .off else { return nil }
        state = .requested
        return Element("enable", in: Namespace.streamManagement)
    }

    /// A stanza was written; the connection asks afterwards whether `isRequestDue`.
    public mutating func sent(_ stanza: Stanza, for pair: DomainPair) {
        guard isCounting else { return }
        queue.append((pair, stanza), bytes: stanza.element.byteCount)
        unasked += 1
    }

    /// Stanzas of the peer's were dealt with.
    public mutating func received(_ count: UInt32 = 1) {
        guard isOn else { return }
        receivedCount &+= count
    }

    /// The `<r/>` to send, whether or not it is due: to see whether the peer still lives.
    ///
    /// - Returns: nil while management does not stand.
    public mutating func request() -> Element? {
        guard isOn else { return nil }
        unasked = 0
        unanswered += 1
        return Self.requestElement
    }

    /// How much was received, to be told also before the stream is closed in order (XEP-0198 §4).
    public var acknowledgement: Element? {
        guard isOn else { return nil }
        return Element("a", in: Namespace.streamManagement, ["h": String(receivedCount)])
    }

    /// Takes an element of XEP-0198 on a stream that is authorised.
    public mutating func read(_ element: Element) -> [Reply] {
        switch (element.name, state) {
        case ("r", .on): return acknowledgement.map { [.send($0)] } ?? []
        case ("a", .on): return acknowledge(element)
        case ("enable", .off):
            state = .on
            return [.send(Element("enabled", in: Namespace.streamManagement)), .enabled]
        case ("enable", _): return [.send(Self.failed(.unexpectedRequest))]
        // XEP-0198 §5, for servers without resumption.
        case ("resume", _): return [.send(Self.failed(.featureNotImplemented))]
        case ("enabled", .requested):
            state = .on
            return [.enabled]
        case ("failed", .requested): return refused()
        default: return [.close(StreamError(.unsupportedStanzaType))]
        }
    }

    private mutating func refused() -> [Reply] {
        state = .refused
        defer { queue = AckQueue() }
        return [.refused(queue.items)]
    }

    private mutating func acknowledge(_ element: Element) -> [Reply] {
        guard let handled = element.attribute("h").flatMap(UInt32.init) else {
            return [.close(StreamError(.badFormat))]
        }
        do {
            let taken = try queue.acknowledge(handled)
            unanswered = max(0, unanswered - 1)
            unasked = min(unasked, queue.count)
            return taken.isEmpty ? [] : [.acknowledged(taken)]
        } catch {
            return [.close(error.streamError)]
        }
    }

    private static let requestElement = Element("r", in: Namespace.streamManagement)

    static func failed(_ condition: StanzaError.Condition) -> Element {
        Element("failed", in: Namespace.streamManagement) {
            $0.element(condition.rawValue, in: Namespace.stanzaErrors)
        }
    }
}
