public import MartletCore
public import MartletSASL
public import MartletXML

/// How a client's stream is negotiated, from its first byte to its resource (RFC 6120 §4.3, §5–7).
///
/// It does no I/O: events go in, actions come out, in the order in which they are to be carried out.
public struct C2SMachine: Sendable {
    /// What happened on the stream, or what became of an action that takes time.
    public enum Event: Sendable {
        /// The client opened the stream, or opened it anew.
        case opened(StreamHeader)
        case element(Element)
        /// `</stream:stream>`.
        case closed
        /// TLS stands; with direct TLS, before anything else.
        case secured(StreamSecurity)
        /// The answer to `.lookUp`.
        case credentials(ScramCredentials?)
        /// The answer to `.verify`.
        case verified(Bool)
        /// Logging in is refused for now, because it was tried too often or the store is away.
        case authenticationUnavailable
        case bound(JID)
        case bindRefused(StanzaError)
        /// What modules made of an iq that came before a resource was bound: the answer to `.consult`.
        case consulted(Consultation)
        /// The stream took over a session that had lost its own (XEP-0198 §5).
        case resumed(JID)
    }

    public enum Action: Sendable {
        case write([UInt8])
        case send(Element)
        /// Bytes that follow the current element are dropped and TLS begins.
        case startTLS
        /// The client opens the stream anew.
        case restart
        /// The verifier of an account is wanted, or one that cannot be told from it.
        case lookUp(JID, SASLMechanismName)
        /// A password is to be checked, off the loop.
        case verify(JID, password: String)
        /// The client is who it says; limits for strangers no longer hold.
        case authenticated(JID)
        /// A login failed: it is counted against its address and account.
        case failed(JID?)
        case bind(JID, resource: String?)
        /// An iq came before a resource is bound: modules may know what to do with it.
        case consult(Element)
        /// An element of XEP-0198 for an authenticated stream: `resume` before a resource is bound,
        /// `enable`, `r` and `a` after.
        case manage(Element)
        /// A stanza of a bound client's, or something that only a module can know.
        case stanza(Element)
        /// The stream ends; with an error, that is told first.
        case close(StreamError?)
    }

    /// What modules made of an iq before a resource was bound.
    public enum Consultation: Sendable {
        /// Nobody knows it.
        case ignored
        /// It was dealt with; this is to be sent.
        case handled([Element])
        /// The client is taken for this full address, as if it had logged in and bound it, and is
        /// sent this (XEP-0078).
        case login(JID, [Element])
        case close(StreamError)
    }

    /// Where the stream stands.
    enum State: Sendable {
        case opening
        case negotiating
        case securing
        case authenticating(any SASLServerMechanism, SASLMechanismName)
        case authenticated
        case binding(id: String?)
        /// Modules look at an iq.
        case consulting(Element)
        /// A resource is bound for a client that logged in by that iq; it is told afterwards.
        case loggingIn(Element, answers: [Element])
        case bound
        case closed
    }

    /// How often a client may fail to log in on one stream (RFC 6120 §6.4.5).
    static let attemptLimit = 3

    let hosts: @Sendable (String) -> StreamHost?
    let features: StreamFeatures
    let makeID: @Sendable () -> String
    var state = State.opening {
        didSet { noteState() }
    }
    /// What is asked for each stanza is stored, so that the question copies nothing.
    public private(set) var isBound = false
    public private(set) var isClosed = false
    var host: StreamHost?
    var security = StreamSecurity()
    public var isEncrypted: Bool { security.isEncrypted }
    /// The domain that the client asked for, once it is known to be one of ours.
    public var domain: JID? { host?.domain }
    public internal(set) var account: JID?
    /// Whose login is under way, as far as it said.
    public internal(set) var claimant: JID?
    /// How many attempts to log in by SASL failed.
    public internal(set) var failedAttempts = 0
    /// Whether the stream as it is now has been opened from our side.
    var hasSentHeader = false
    public private(set) var language: String?

    public init(
        features: StreamFeatures,
        makeID: @escaping @Sendable () -> String,
        hosts: @escaping @Sendable (String) -> StreamHost?
    ) {
        self.features = features
        self.makeID = makeID
        self.hosts = hosts
    }

    private mutating func noteState() {
        switch state {
        case .bound: (isBound, isClosed) = (true, false)
        case .closed: (isBound, isClosed) = (false, true)
        default: (isBound, isClosed) = (false, false)
        }
    }

    public mutating func receive(_ event: Event) -> [Action] {
        guard !isClosed else { return [] }
        switch event {
        case .opened(let header): return open(header)
        case .element(let element): return read(element)
        case .closed: return close(nil)
        case .secured(let security): return secure(security)
        case .credentials(let credentials): return authenticate(.credentials(credentials))
        case .verified(let isCorrect): return authenticate(.verified(isCorrect))
        // Nobody looked at the credentials: it is no failure to be counted against anybody.
        case .authenticationUnavailable:
            claimant = nil
            return failAuthentication(.temporaryAuthFailure)
                .filter { if case .failed = $0 { false } else { true } }
        case .bound(let jid): return confirmBinding(of: jid)
        case .bindRefused(let error): return refuseBinding(error)
        case .consulted(let outcome): return goOn(after: outcome)
        case .resumed:
            guard case .authenticated = state else { return [] }
            state = .bound
            return []
        }
    }

    /// Ends the stream; before anything was sent, the header comes first (RFC 6120 §4.9.1.2).
    public mutating func close(_ error: StreamError?) -> [Action] {
        guard !isClosed else { return [] }
        state = .closed
        guard !hasSentHeader, error != nil else { return [.close(error)] }
        return [header(answering: nil), .close(error)]
    }

    mutating func header(answering header: StreamHeader?) -> Action {
        hasSentHeader = true
        let opening = StreamOpening(
            // RFC 6120 §4.7.2: the bare address that the client gave, if it gave one.
            to: header?.from.flatMap { try? JID($0).bare.description },
            from: host?.domain.description ?? header?.to,
            id: makeID(),
            language: header?.language ?? "en"
        )
        return .write(opening.bytes)
    }

    private mutating func open(_ header: StreamHeader) -> [Action] {
        guard case .opening = state else { return close(StreamError(.badFormat)) }
        language = header.language
        if let fault = admit(header) {
            state = .closed
            return [self.header(answering: header), .close(fault)]
        }
        guard let host else { return close(StreamError(.hostUnknown)) }
        state = account == nil ? .negotiating : .authenticated
        let offers = StreamState(host: host, security: security, account: account)
        return [self.header(answering: header), .send(features.element(in: offers))]
    }

    /// What is wrong with a stream header, if anything (RFC 6120 §4.7–4.8).
    private mutating func admit(_ header: StreamHeader) -> StreamError? {
        guard header.namespace == Namespace.streams, header.contentNamespace == Namespace.client
        else { return StreamError(.invalidNamespace) }
        guard header.name == "stream" else { return StreamError(.badFormat) }
        guard let to = header.to, let jid = try? JID(to), jid.isDomain,
            let host = hosts(jid.domainpart), account == nil || host.domain == account?.domain
        else { return StreamError(.hostUnknown) }
        self.host = host
        guard let version = header.version, version == "1.0" || Self.isKnown(version) else {
            return StreamError(.unsupportedVersion)
        }
        return isOwn(header.from) ? nil : StreamError(.invalidFrom)
    }

    /// Whether the major version is ours or a later one, which is answered with ours.
    private static func isKnown(_ version: String) -> Bool {
        guard let major = version.split(separator: ".").first, let number = Int(major) else {
            return false
        }
        return number >= 1
    }

    /// A client may leave `from` out, say who it will log in as, or who it has (RFC 6120 §4.7.1,
    /// §4.9.3.9).
    private func isOwn(_ from: String?) -> Bool {
        guard let from else { return true }
        guard let address = try? JID(from) else { return false }
        // Without a localpart it names no account: clients without one of their own do that.
        guard let account, address.hasLocalpart else { return true }
        return address.isSameAccount(as: account)
    }

    private mutating func secure(_ security: StreamSecurity) -> [Action] {
        self.security = security
        state = .opening
        hasSentHeader = false
        return []
    }

    private mutating func read(_ element: Element) -> [Action] {
        // Nobody answers an error with another (RFC 6120 §4.9.1.1).
        if element.isNamed("error", in: Namespace.streams) { return close(nil) }
        switch state {
        case .opening, .closed: return close(StreamError(.badFormat))
        case .securing: return close(StreamError(.policyViolation))
        case .negotiating, .authenticating: return readBeforeLogin(element)
        case .authenticated: return readBeforeBinding(element)
        // What a client sends on while its resource is being bound waits in its connection.
        case .binding, .consulting, .loggingIn, .bound: return readBound(element)
        }
    }

    private mutating func readBeforeLogin(_ element: Element) -> [Action] {
        switch element.namespace {
        case Namespace.tls where element.name == "starttls": return startTLS()
        case Namespace.sasl: return readSASL(element)
        default:
            guard case .negotiating = state else { return close(StreamError(.notAuthorized)) }
            return consult(element)
        }
    }

    private mutating func startTLS() -> [Action] {
        guard !security.isEncrypted, case .negotiating = state else {
            return close(StreamError(.policyViolation))
        }
        guard host?.hasTLS == true else {
            state = .closed
            return [.send(Element("failure", in: Namespace.tls)), .close(nil)]
        }
        state = .securing
        return [.send(Element("proceed", in: Namespace.tls)), .startTLS]
    }
}
