public import MartletCore
import MartletCrypto
public import MartletSASL
public import MartletXML

/// How a client negotiates its stream with a server (RFC 6120 §4–7), from the other side of
/// `C2SMachine`; like that, without I/O.
public struct ClientMachine: Sendable {
    /// Who logs in, and on which terms.
    public struct Login: Sendable {
        /// The account, or the domain alone to log in as nobody in particular (ANONYMOUS).
        public var account: JID
        public var credentials: [SASLClient.Credential]
        /// The resource to ask for; nil leaves it to the server.
        public var resource: String?
        /// Whether to go on without TLS when the server does not offer it.
        public var requiresTLS: Bool
        /// Whether to ask for stream management with resumption (XEP-0198).
        public var wantsStreamManagement: Bool
        /// Whether to log in at all: a stranger's stream is ready once its features are known, for what
        /// may be asked before a login (XEP-0077).
        public var isStranger = false

        public init(
            _ account: JID,
            credentials: [SASLClient.Credential],
            resource: String? = nil,
            requiresTLS: Bool = true,
            wantsStreamManagement: Bool = false
        ) {
            self.account = account
            self.credentials = credentials
            self.resource = resource
            self.requiresTLS = requiresTLS
            self.wantsStreamManagement = wantsStreamManagement
        }
    }

    /// A session of an earlier stream that is to be taken up again (XEP-0198 §5).
    public struct Resumption: Sendable {
        public var id: String
        public var handled: UInt32

        public init(id: String, handled: UInt32) {
            self.id = id
            self.handled = handled
        }
    }

    public enum Event: Sendable {
        /// The connection stands; with direct TLS, its security too.
        case connected(StreamSecurity)
        case opened(StreamHeader)
        case element(Element)
        case secured(StreamSecurity)
        /// What `.derive` came to: the mechanism as it is now, and its answer to the challenge.
        case answered(any SASLClientMechanism, Result<[UInt8], SASLClientError>)
        case closed
    }

    public enum Action: Sendable {
        case write([UInt8])
        case send(Element)
        case startTLS
        case restart
        /// SCRAM derives a key now, off the loop; what comes meanwhile waits for `.answered`.
        case derive(any SASLClientMechanism, challenge: [UInt8])
        /// The resource is bound: stanzas may be sent.
        case bound(JID)
        /// `<enabled/>`, `<resumed/>`, `<failed/>`, `<r/>` or `<a/>` (XEP-0198).
        case manage(Element)
        case stanza(Element)
        case fail(ClientFault)
        case close
    }

    private enum State {
        case connecting
        case opening
        case awaitingFeatures
        case awaitingProceed
        case securing
        case authenticating(any SASLClientMechanism)
        /// A challenge is being answered; the server has nothing to say until then.
        case deriving
        case resuming
        case binding
        case enabling(JID)
        case ready
        case closed
    }

    private let login: Login
    private let resumption: Resumption?
    private var state = State.connecting
    private var security = StreamSecurity()
    private var isAuthenticated = false
    private var bindOffer: StreamFeatureOffers?

    public init(_ login: Login, resuming resumption: Resumption? = nil) {
        self.login = login
        self.resumption = resumption
    }

    public mutating func receive(_ event: Event) -> [Action] {
        if case .closed = state { return [] }
        switch event {
        case .connected(let security), .secured(let security):
            self.security = security
            return open()
        case .opened(let header): return accept(header)
        case .element(let element): return read(element)
        case .answered(let mechanism, let answer): return respond(mechanism, answer)
        case .closed: return end()
        }
    }

    private mutating func open() -> [Action] {
        state = .opening
        let opening = StreamOpening(
            to: login.account.domainpart,
            from: security.isEncrypted && login.account.hasLocalpart
                ? login.account.bare.description : nil
        )
        return [.restart, .write(opening.bytes)]
    }

    private mutating func accept(_ header: StreamHeader) -> [Action] {
        guard case .opening = state, header.namespace == Namespace.streams,
            header.contentNamespace == Namespace.client
        else { return fail(.protocolViolation("the stream header is not an XMPP server's")) }
        state = .awaitingFeatures
        return []
    }

    private mutating func read(_ element: Element) -> [Action] {
        if element.isNamed("error", in: Namespace.streams) {
            return fail(.stream(StreamError(element)))
        }
        switch state {
        case .awaitingFeatures: return take(StreamFeatureOffers(element))
        case .awaitingProceed: return proceed(element)
        case .authenticating(let mechanism): return authenticate(mechanism, element)
        case .resuming: return resumed(element)
        case .binding: return bound(element)
        case .enabling(let jid): return enabled(element, jid)
        case .ready: return [deliver(element)]
        case .connecting, .opening, .securing, .deriving, .closed:
            return fail(.protocolViolation("<\(element.name)/> came too early"))
        }
    }

    private mutating func take(_ offers: StreamFeatureOffers?) -> [Action] {
        guard let offers else { return fail(.protocolViolation("the features are missing")) }
        if isAuthenticated { return settle(offers) }
        if !security.isEncrypted {
            if offers.startTLS {
                state = .awaitingProceed
                return [.send(Element("starttls", in: Namespace.tls))]
            }
            if login.requiresTLS { return fail(.tlsNotOffered) }
        }
        if login.isStranger {
            state = .ready
            return [.bound(login.account)]
        }
        return beginSASL(offers)
    }

    private mutating func proceed(_ element: Element) -> [Action] {
        guard element.isNamed("proceed", in: Namespace.tls) else { return fail(.tlsRefused) }
        state = .securing
        return [.startTLS]
    }

    private func deliver(_ element: Element) -> Action {
        element.namespace == Namespace.streamManagement ? .manage(element) : .stanza(element)
    }

    private mutating func fail(_ fault: ClientFault) -> [Action] {
        state = .closed
        return [.fail(fault), .close]
    }

    /// The server closed the stream, and is answered in kind (RFC 6120 §4.4).
    private mutating func end() -> [Action] {
        state = .closed
        return [.write(StreamOpening.closing), .close]
    }
}

// MARK: SASL

extension ClientMachine {
    private mutating func beginSASL(_ offers: StreamFeatureOffers) -> [Action] {
        let client = SASLClient(
            login.credentials,
            isProtected: security.isEncrypted || !login.requiresTLS,
            bindings: security.channelBindings
        )
        do {
            var mechanism = try client.choose(
                from: offers.mechanisms,
                offeredBindings: offers.channelBindings
            )
            let initial = try mechanism.begin()
            state = .authenticating(mechanism)
            let name = mechanism.name.rawValue
            let auth = Element("auth", in: Namespace.sasl, ["mechanism": name]) {
                if let initial { $0.text(Self.encode(initial)) }
            }
            return [.send(auth)]
        } catch {
            return fail(.sasl(error, offered: offers.mechanisms))
        }
    }

    private mutating func authenticate(
        _ mechanism: any SASLClientMechanism,
        _ element: Element
    ) -> [Action] {
        guard element.isIn(Namespace.sasl) else {
            return fail(.protocolViolation("<\(element.name)/> came in the middle of the login"))
        }
        switch element.name {
        case "challenge":
            guard let data = Self.decode(element.text) else {
                return fail(.sasl(.malformedChallenge, offered: []))
            }
            state = .deriving
            return [.derive(mechanism, challenge: data)]
        case "success": return succeed(mechanism, element.text)
        default: return fail(.loginRefused(SASLFailure(element)))
        }
    }

    private mutating func respond(
        _ mechanism: any SASLClientMechanism,
        _ answer: Result<[UInt8], SASLClientError>
    ) -> [Action] {
        guard case .deriving = state else { return [] }
        state = .authenticating(mechanism)
        switch answer {
        case .success(let data):
            return [.send(Element("response", in: Namespace.sasl) { $0.text(Self.encode(data)) })]
        case .failure(let error):
            return [.send(Element("abort", in: Namespace.sasl))] + fail(.sasl(error, offered: []))
        }
    }

    private mutating func succeed(
        _ mechanism: any SASLClientMechanism,
        _ text: String
    ) -> [Action] {
        var mechanism = mechanism
        do {
            try mechanism.finish(text.isEmpty ? nil : Self.decode(text))
        } catch {
            return fail(.sasl(error, offered: []))
        }
        isAuthenticated = true
        return open()
    }

    private static func encode(_ data: [UInt8]) -> String {
        data.isEmpty ? "=" : Base64.encode(data)
    }

    private static func decode(_ text: String) -> [UInt8]? {
        text == "=" ? [] : Base64.decode(text)
    }
}

// MARK: Binding and resumption

extension ClientMachine {
    private mutating func settle(_ offers: StreamFeatureOffers) -> [Action] {
        bindOffer = offers
        guard let resumption, offers.streamManagement else { return bind() }
        state = .resuming
        return [
            .send(
                Element(
                    "resume",
                    in: Namespace.streamManagement,
                    ["previd": resumption.id, "h": String(resumption.handled)]
                )
            )
        ]
    }

    private mutating func resumed(_ element: Element) -> [Action] {
        guard element.isNamed("resumed", in: Namespace.streamManagement) else {
            return [.manage(element)] + bind()
        }
        state = .ready
        return [.manage(element)]
    }

    private mutating func bind() -> [Action] {
        state = .binding
        let request = Element("iq", ["type": "set", "id": "bind"]) { iq in
            iq.element("bind", in: Namespace.bind) { bind in
                if let resource = login.resource {
                    bind.element("resource", in: Namespace.bind) { $0.text(resource) }
                }
            }
        }
        return [.send(request)]
    }

    private mutating func bound(_ element: Element) -> [Action] {
        guard element.hasAttribute("type", "result"),
            let text = element.child("bind", in: Namespace.bind)?
                .child("jid", in: Namespace.bind)?.text,
            let jid = try? JID(text)
        else { return fail(.bindRefused(element.child("error").map(StanzaError.init))) }
        guard login.wantsStreamManagement, bindOffer?.streamManagement == true else {
            state = .ready
            return [.bound(jid)]
        }
        state = .enabling(jid)
        return [.send(Element("enable", in: Namespace.streamManagement, ["resume": "true"]))]
    }

    private mutating func enabled(_ element: Element, _ jid: JID) -> [Action] {
        guard element.isIn(Namespace.streamManagement) else { return [.stanza(element)] }
        state = .ready
        return [.manage(element), .bound(jid)]
    }
}
