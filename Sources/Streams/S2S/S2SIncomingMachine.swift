public import MartletCore
internal import MartletSASL
internal import MartletXML

/// How a stream that another server opened is negotiated, and what it may say (RFC 6120 §4–6,
/// XEP-0178 §3, XEP-0220 §2.2, XEP-0288).
///
/// It does no I/O: events go in, actions come out, in the order in which they are to be carried out.
public struct S2SIncomingMachine: Sendable {
    public typealias Event = S2SEvent
    public typealias Action = S2SAction

    /// Where the stream stands; what is authorised on it stands in `authorizations`.
    enum State: Sendable {
        case opening
        case negotiating
        case securing
        case authenticating(ExternalServer)
        /// EXTERNAL is through, and the stream open anew.
        case authenticated
        case closed
    }

    /// How often a peer may fail to log in on one stream (RFC 6120 §6.4.5).
    static let attemptLimit = 3

    let secret: DialbackSecret
    let makeID: @Sendable () -> String
    var state = State.opening
    var facts: StreamFacts
    var authorizations: AuthorizedPairs
    var dialback: DialbackReceiver
    /// The domain that the peer asked for, once it is known to be one of ours.
    var host: S2SHost?
    /// Who the peer says it is; proved or not.
    public internal(set) var peer: JID?
    /// The pair that EXTERNAL proved.
    var proved: DomainPair?
    /// Whether the peer takes our stanzas on this stream too (XEP-0288).
    public internal(set) var isBidirectional = false
    var failedAttempts = 0
    /// Whether the stream as it is now has been opened from our side.
    var hasSentHeader = false
    /// Closed from our side, in order: what the peer still says counts, until it closes too.
    public private(set) var isHearingOut = false
    public internal(set) var language: String?

    public init(
        secret: DialbackSecret,
        limits: S2SPairLimits = S2SPairLimits(),
        makeID: @escaping @Sendable () -> String,
        hosts: @escaping @Sendable (String) -> S2SHost?
    ) {
        self.secret = secret
        self.makeID = makeID
        facts = StreamFacts(hosts: hosts)
        authorizations = AuthorizedPairs(limit: limits.pairsPerStream)
        dialback = DialbackReceiver(limits: limits)
    }

    public var isClosed: Bool { if case .closed = state { true } else { false } }
    public var isEncrypted: Bool { facts.isEncrypted }
    /// Who is at the other end, as TLS knows it.
    public var identity: PeerIdentity { facts.identity }
    /// The id that we gave the stream as it is now; empty before its header.
    public var streamID: String { facts.streamID }
    /// The domain that the peer asked for, once it is known to be one of ours.
    public var domain: JID? { host?.domain }
    /// What the peer may send, and how it was proved.
    public var pairs: [DomainPair: PeerProof] { authorizations.proofs }
    /// Whether any pair is authorised: limits for strangers no longer hold.
    public var isAuthorized: Bool { !authorizations.isEmpty }

    public mutating func receive(_ event: S2SEvent) -> [S2SAction] {
        guard !isClosed else { return hearOut(event) }
        switch event {
        case .opened(let header): return open(header)
        case .element(let element): return read(element)
        case .closed: return leave()
        case .secured(let identity): return secure(identity)
        case .verified(let question, let outcome): return settle(question, outcome)
        // These are for streams that we opened.
        case .connected, .wants, .ask: return []
        }
    }

    /// Ends the stream; before anything was sent, the header comes first (RFC 6120 §4.9.1.2).
    public mutating func close(_ error: StreamError?) -> [S2SAction] {
        guard !isClosed else { return [] }
        isHearingOut = error == nil && isAuthorized
        state = .closed
        guard !hasSentHeader, error != nil else { return [.close(error)] }
        return [header(answering: nil), .close(error)]
    }

    /// The peer has said its last.
    private mutating func leave() -> [S2SAction] {
        defer { isHearingOut = false }
        return close(nil)
    }

    private mutating func hearOut(_ event: S2SEvent) -> [S2SAction] {
        guard isHearingOut else { return [] }
        let actions = authorizations.hearOut(event, language: language, facts)
        isHearingOut = actions != nil
        return actions ?? []
    }

    private mutating func read(_ element: Element) -> [S2SAction] {
        // Nobody answers an error with another (RFC 6120 §4.9.1.1).
        if element.isNamed("error", in: Namespace.streams) {
            return [.fail(.stream(StreamError(element).condition))] + leave()
        }
        switch state {
        case .opening, .closed: return close(StreamError(.badFormat))
        case .securing: return close(StreamError(.policyViolation))
        case .negotiating, .authenticating, .authenticated: return readOpen(element)
        }
    }

    private mutating func readOpen(_ element: Element) -> [S2SAction] {
        // As the content namespace is read, whatever the stream's is.
        if element.isIn(Namespace.client) { return readStanza(element) }
        switch element.namespace {
        case Namespace.dialback: return readDialback(element)
        case Namespace.streamManagement: return readManagement(element)
        case Namespace.tls: return startTLS(element)
        case Namespace.sasl: return readSASL(element)
        case Namespace.bidi: return readBidi(element)
        default: return refuse()
        }
    }

    /// Something that nobody asked for (RFC 6120 §4.9.3.12, §4.9.3.24).
    mutating func refuse() -> [S2SAction] {
        close(StreamError(isAuthorized ? .unsupportedStanzaType : .notAuthorized))
    }

    /// What to do, of which one may be to end the stream.
    mutating func carryOut(_ actions: [S2SAction]) -> [S2SAction] {
        if case .close = actions.last { state = .closed }
        return actions
    }
}
