public import MartletCore
internal import MartletSASL
internal import MartletXML

/// How a stream to another server is negotiated by the side that opened it, and what flows on it
/// (RFC 6120 §4–6, XEP-0178 §3, XEP-0220 §2.1, XEP-0288).
///
/// It does no I/O: events go in, actions come out, in the order in which they are to be carried out.
/// It authorises nothing by itself: pairs are wanted, and questions asked, by events at any time.
public struct S2SOutgoingMachine: Sendable {
    /// What is asked of the peer where it offers it.
    public struct Options: Hashable, Sendable {
        /// Whether the peer may send over this stream too (XEP-0288).
        public var isBidirectional = true
        /// Whether stanzas are to be acknowledged (XEP-0198).
        public var isManaged = true

        public init() {}
    }

    /// Where the stream stands.
    enum State: Sendable {
        case connecting
        case opening
        case awaitingFeatures
        case awaitingProceed
        case securing
        case authenticating
        /// The peer's features are known: pairs may be authorised, and stanzas of those that are may flow.
        case identified
        case closed
    }

    /// How it stands with SASL EXTERNAL.
    enum External: Hashable, Sendable {
        case untried, underWay, succeeded
        case refused(SASLFailure.Condition)
    }

    /// Whom the stream's header names: the pair for which it was opened.
    public let pair: DomainPair
    let trust: PeerTrust
    let hasCertificate: Bool
    let secret: DialbackSecret
    let options: Options
    let limits: S2SPairLimits

    var state = State.connecting
    public var isClosed: Bool { if case .closed = state { true } else { false } }
    /// The id that the peer gave the stream; empty when it gave none.
    public private(set) var streamID = ""
    public private(set) var language: String?
    /// What the peer authorised us for: our domains are the senders.
    public internal(set) var pairs: [DomainPair: PeerProof] = [:]

    /// What is known of the stream's other end.
    var facts: StreamFacts
    public var isEncrypted: Bool { facts.isEncrypted }
    /// Who is at the other end, as TLS knows it.
    public var identity: PeerIdentity { facts.identity }
    /// Whether the stream as it is now has been opened from our side.
    private var hasSentHeader = false
    /// Whether the peer's header declares dialback (XEP-0220 §2.4.1).
    private(set) var declaresDialback = false
    /// Whether the peer's header is from another domain than the one that was called.
    private(set) var isFromAnother = false
    var offers = S2SOffers()

    var external = External.untried
    var dialback: DialbackInitiator
    /// Pairs that were wanted and not requested yet, in that order.
    var waiting: [DomainPair] = []
    /// Questions that are to be asked once the features are known.
    var questions: [DialbackQuestion] = []
    var isFeatured = false
    /// Whether `<enable/>` was sent (XEP-0198 §3).
    var isManaged = false
    /// Whether `<bidi/>` was sent; and if so, what the peer may say.
    var isBidirectional = false
    var inbound: AuthorizedPairs
    var receiver: DialbackReceiver
    /// Closed from our side, in order: what the peer still says counts, until it closes too.
    public private(set) var isHearingOut = false

    /// A stream that is still to be connected.
    ///
    /// The header names the `pair`, which is not wanted by that alone; `trust` is what its sender asks of
    /// its target, and `hasCertificate` tells whether TLS shows one of the sender's. `hosts` are our
    /// domains, by name: the senders of other pairs, and whom the peer may write to.
    public init(
        pair: DomainPair,
        trust: PeerTrust = PeerTrust(),
        hasCertificate: Bool = true,
        secret: DialbackSecret,
        options: Options = Options(),
        limits: S2SPairLimits = S2SPairLimits(),
        hosts: @escaping @Sendable (String) -> S2SHost?
    ) {
        self.pair = pair
        self.trust = trust
        self.hasCertificate = hasCertificate
        self.secret = secret
        self.options = options
        self.limits = limits
        facts = StreamFacts(hosts: hosts)
        dialback = DialbackInitiator(secret)
        inbound = AuthorizedPairs(limit: limits.pairsPerStream)
        receiver = DialbackReceiver(limits: limits)
    }

    public mutating func receive(_ event: S2SEvent) -> [S2SAction] {
        guard !isClosed else { return isHearingOut ? hearOut(event) : decline(event) }
        switch event {
        case .connected: return connect(nil)
        case .secured(let identity): return connect(identity)
        case .opened(let header): return accept(header)
        case .element(let element): return read(element)
        case .closed: return fail(lossFault)
        case .wants(let pair): return want(pair)
        case .ask(let question): return ask(question)
        case .verified(let question, let outcome): return verified(question, outcome)
        }
    }

    /// Ends the stream from our side; before a header was sent there is nobody to tell why.
    public mutating func close(_ error: StreamError?) -> [S2SAction] {
        guard !isClosed else { return [] }
        isHearingOut = error == nil && isBidirectional && !inbound.isEmpty
        return end(.remoteServerTimeout) + [.close(hasSentHeader ? error : nil)]
    }
}

// MARK: Its end

extension S2SOutgoingMachine {
    /// The stream is of no use, or not any more; the error is what the peer is told.
    mutating func fail(_ fault: S2SFault, _ error: StreamError? = nil) -> [S2SAction] {
        let unasked: DialbackFault = isFeatured ? .remoteServerTimeout : .remoteConnectionFailed
        let isUnknown = fault == .stream(.hostUnknown)
        return end(isUnknown ? .remoteServerNotFound : unasked)
            + [.fail(fault), .close(hasSentHeader ? error : nil)]
    }

    /// The peer does what the protocol does not know.
    mutating func violated(
        _ what: String,
        _ condition: StreamError.Condition
    ) -> [S2SAction] {
        fail(.protocolViolation(what), StreamError(condition, what))
    }

    /// Nobody waits for an answer that cannot come any more.
    private mutating func end(_ fault: DialbackFault) -> [S2SAction] {
        defer { (state, waiting, questions) = (.closed, [], []) }
        return dialback.end(fault) + questions.map { .answered($0, .failed(fault)) }
    }

    /// Why the peer may have closed the stream without a word.
    private var lossFault: S2SFault {
        if dialback.isSpoiled { return .dialbackInvalid }
        if case .refused(let condition) = external, pairs.isEmpty { return .saslRefused(condition) }
        return .lost("it closed the stream")
    }

    private mutating func hearOut(_ event: S2SEvent) -> [S2SAction] {
        let declined = decline(event)
        guard declined.isEmpty else { return declined }
        let actions = inbound.hearOut(event, language: language, facts)
        isHearingOut = actions != nil
        return (actions ?? []).filter { if case .authorized = $0 { false } else { true } }
    }

    /// What comes when the stream is over, and would wait for ever.
    private func decline(_ event: S2SEvent) -> [S2SAction] {
        switch event {
        case .wants(let pair): [.refused(pair, .lost("the stream had ended"))]
        case .ask(let question): [.answered(question, .failed(.remoteServerTimeout))]
        default: []
        }
    }
}

// MARK: Its beginnings

extension S2SOutgoingMachine {
    /// The connection stands, with TLS if there is an identity: direct TLS, or what STARTTLS came to.
    private mutating func connect(_ identity: PeerIdentity?) -> [S2SAction] {
        switch (state, identity) {
        case (.connecting, nil): return open()
        case (.connecting, let identity?), (.securing, let identity?): return secure(identity)
        default: return []
        }
    }

    private mutating func secure(_ identity: PeerIdentity) -> [S2SAction] {
        facts.identity = identity
        facts.isEncrypted = true
        guard trust.proof != .certificate || identity.proves(pair.target, pins: trust.pins) else {
            return fail(unproved(pair.target))
        }
        return open()
    }

    /// Opens the stream, or opens it anew (RFC 6120 §4.7, §5.4.3.3, §6.4.6).
    mutating func open() -> [S2SAction] {
        state = .opening
        hasSentHeader = true
        streamID = ""
        var opening = StreamOpening(
            to: pair.target.domainpart,
            from: pair.sender.domainpart,
            language: "en",
            contentNamespace: Namespace.server
        )
        opening.declaresDialback = true
        return [.write(opening.bytes)]
    }

    private mutating func accept(_ header: StreamHeader) -> [S2SAction] {
        guard case .opening = state else {
            return violated("a stream header came out of turn", .badFormat)
        }
        guard header.namespace == Namespace.streams, header.contentNamespace == Namespace.server
        else { return violated("its stream is not one of a server's", .invalidNamespace) }
        guard header.name == "stream" else {
            return violated("its stream does not begin with <stream>", .badFormat)
        }
        guard let major = header.version?.split(separator: ".").first.flatMap({ Int($0) }),
            major >= 1
        else { return violated("it does not speak XMPP 1.0", .unsupportedVersion) }
        streamID = header.id ?? ""
        facts.streamID = streamID
        language = header.language
        declaresDialback = header.prefixes.values.contains(Namespace.dialback)
        isFromAnother = header.from.map { (try? JID($0)) != pair.target } ?? false
        state = .awaitingFeatures
        return []
    }

    /// After STARTTLS was asked for (RFC 6120 §5.4.2).
    private mutating func proceed(_ element: Element) -> [S2SAction] {
        guard element.isNamed("proceed", in: Namespace.tls) else {
            return fail(.tlsFailed("it offered TLS and then refused it"))
        }
        state = .securing
        hasSentHeader = false
        return [.startTLS]
    }

    private mutating func read(_ element: Element) -> [S2SAction] {
        // Nobody answers an error with another (RFC 6120 §4.9.1.1).
        if element.isNamed("error", in: Namespace.streams) {
            return fail(.stream(StreamError(element).condition))
        }
        switch state {
        case .awaitingFeatures: return take(element)
        case .awaitingProceed: return proceed(element)
        case .authenticating: return authenticate(element)
        case .identified: return readIdentified(element)
        case .connecting, .opening, .securing, .closed:
            return violated("<\(element.name)/> came too early", .policyViolation)
        }
    }
}
