public import MartletCore
public import MartletXML

/// How a component joins a server (XEP-0114 §3), from the other side of `ComponentMachine`; like that,
/// without I/O.
public struct ComponentClientMachine: Sendable {
    /// Which domain is served, and what proves it.
    public struct Login: Sendable {
        public var domain: JID
        /// What the component and the server both know.
        public var secret: [UInt8]

        public init(domain: JID, secret: [UInt8]) {
            self.domain = domain
            self.secret = secret
        }
    }

    public enum Event: Sendable {
        /// The connection stands.
        case connected
        case opened(StreamHeader)
        case element(Element)
        /// `</stream:stream>`.
        case closed
    }

    public enum Action: Sendable {
        case write([UInt8])
        case send(Element)
        /// The server knows who this is: stanzas may be sent.
        case joined
        /// What somebody sent to an address in the domain.
        case stanza(Stanza)
        /// What its sender is told about a stanza that nobody else will see.
        case answer(Stanza)
        case fail(ClientFault)
        /// The stream ends; with an error, that is told first.
        case close(StreamError?)
    }

    enum State: Sendable {
        case connecting
        case opening
        case awaitingHandshake
        case open
        case closed
    }

    private let login: Login
    private var state = State.connecting
    private var language: String?

    public init(_ login: Login) {
        self.login = login
    }

    public var isClosed: Bool { state == .closed }
    /// Whether the server let it in, and stanzas may be sent.
    public var isOpen: Bool { state == .open }
    public var domain: JID { login.domain }

    public mutating func receive(_ event: Event) -> [Action] {
        guard state != .closed else { return [] }
        switch event {
        case .connected: return open()
        case .opened(let header): return accept(header)
        case .element(let element): return read(element)
        case .closed: return close(nil)
        }
    }

    /// Ends the stream.
    public mutating func close(_ error: StreamError?) -> [Action] {
        guard state != .closed else { return [] }
        state = .closed
        return [.close(error)]
    }

    private mutating func open() -> [Action] {
        guard state == .connecting else { return [] }
        state = .opening
        var opening = StreamOpening(
            to: login.domain.description,
            contentNamespace: Namespace.component
        )
        opening.version = nil
        return [.write(opening.bytes)]
    }

    /// Answers the server's header with what only one who knows the secret can make of its id.
    private mutating func accept(_ header: StreamHeader) -> [Action] {
        guard state == .opening, header.name == "stream", header.namespace == Namespace.streams,
            header.contentNamespace == Namespace.component
        else { return fail("the stream header is not that of a server for components") }
        guard let id = header.id, !id.isEmpty else {
            return fail("the stream header has no id to prove the secret with")
        }
        state = .awaitingHandshake
        language = header.language
        let handshake = ComponentHandshake(id: id, secret: login.secret)
        return [.send(Element("handshake") { $0.text(handshake.digest) })]
    }

    private mutating func read(_ element: Element) -> [Action] {
        if element.isNamed("error", in: Namespace.streams) {
            state = .closed
            return [.fail(.stream(StreamError(element))), .close(nil)]
        }
        switch state {
        case .awaitingHandshake:
            guard element.isNamed("handshake", in: Namespace.client) else {
                return fail("<\(element.name)/> came in the place of <handshake/>")
            }
            state = .open
            return [.joined]
        case .open: return take(element)
        case .connecting, .opening, .closed:
            return fail("<\(element.name)/> came before the stream was open")
        }
    }

    private mutating func fail(_ what: String) -> [Action] {
        state = .closed
        return [.fail(.protocolViolation(what)), .close(StreamError(.badFormat))]
    }

    /// A stanza is from somebody, and to an address in the domain.
    private mutating func take(_ element: Element) -> [Action] {
        do {
            let stanza = try Stanza(element, language: language)
            return isAddressed(stanza.to, stanza.from) ? [.stanza(stanza)] : refuseAddresses()
        } catch .unsupported {
            state = .closed
            let fault = ClientFault.protocolViolation("<\(element.name)/> is no stanza")
            return [.fail(fault), .close(StreamError(.unsupportedStanzaType))]
        } catch {
            return refuse(element, error)
        }
    }

    /// Its addresses decide whether the stream goes on; then its sender is told what is wrong.
    private mutating func refuse(_ element: Element, _ fault: StanzaFault) -> [Action] {
        let from = element.attribute("from").flatMap { try? JID($0) }
        let to = element.attribute("to").flatMap { try? JID($0) }
        guard isAddressed(to, from) else { return refuseAddresses() }
        guard case .refused(let error) = fault, let to,
            let answer = Stanza.refusal(of: element, error, from: to)
        else { return [] }
        return [.answer(answer.addressed(to: from, from: to))]
    }

    private func isAddressed(_ to: JID?, _ from: JID?) -> Bool {
        from != nil && to?.hasSameDomain(as: login.domain) == true
    }

    private mutating func refuseAddresses() -> [Action] {
        state = .closed
        let fault = ClientFault.protocolViolation("a stanza is not for \(login.domain)")
        return [.fail(fault), .close(StreamError(.improperAddressing))]
    }
}
