public import MartletCore
import MartletCrypto
public import MartletXML

/// The stream of a component, from its first byte on (XEP-0114 §3, "accept").
///
/// It does no I/O: events go in, actions come out, in the order in which they are to be carried out.
public struct ComponentMachine: Sendable {
    /// What happened on the stream, or what became of an action.
    public enum Event: Sendable {
        case opened(StreamHeader)
        case element(Element)
        /// `</stream:stream>`.
        case closed
        /// The answer to `.join`; if it is refused, the stream is closed instead.
        case joined
    }

    public enum Action: Sendable {
        case write([UInt8])
        case send(Element)
        /// It knows the secret: it begins to serve the domain, if there is room for it.
        case join(JID)
        /// What the component says, from an address in its domain.
        case stanza(Stanza)
        /// What the component is told about a stanza that nobody else will see.
        case answer(Stanza)
        /// The stream ends; with an error, that is told first.
        case close(StreamError?)
    }

    enum State: Sendable {
        case opening
        case awaitingHandshake
        case joining
        case open
        case closed
    }

    private let hosts: @Sendable (String) -> ComponentHost?
    private let makeID: @Sendable () -> String
    private var state = State.opening
    private var host: ComponentHost?
    private var hasSentHeader = false
    private var language: String?
    /// What the digest is made with, beside the secret.
    private var id = ""

    public init(
        makeID: @escaping @Sendable () -> String,
        hosts: @escaping @Sendable (String) -> ComponentHost?
    ) {
        self.makeID = makeID
        self.hosts = hosts
    }

    public var isClosed: Bool { state == .closed }
    /// Whether it knew the secret, and serves.
    public var isOpen: Bool { state == .open }
    /// The domain that it asked for, once it is known to be a component's.
    public var domain: JID? { host?.domain }

    public mutating func receive(_ event: Event) -> [Action] {
        guard state != .closed else { return [] }
        switch event {
        case .opened(let header): return open(header)
        case .element(let element): return read(element)
        case .closed: return close(nil)
        case .joined:
            guard state == .joining else { return [] }
            state = .open
            return [.send(Element("handshake"))]
        }
    }

    /// Ends the stream; before anything was sent, the header comes first (RFC 6120 §4.9.1.2).
    public mutating func close(_ error: StreamError?) -> [Action] {
        guard state != .closed else { return [] }
        state = .closed
        guard !hasSentHeader, error != nil else { return [.close(error)] }
        return [header(answering: nil), .close(error)]
    }

    /// XEP-0114 §3: there is no version, and so there are no features.
    private mutating func header(answering header: StreamHeader?) -> Action {
        hasSentHeader = true
        id = makeID()
        var opening = StreamOpening(
            from: host?.domain.description ?? header?.to,
            id: id,
            contentNamespace: Namespace.component
        )
        opening.version = nil
        return .write(opening.bytes)
    }

    private mutating func open(_ header: StreamHeader) -> [Action] {
        guard state == .opening else { return close(StreamError(.badFormat)) }
        language = header.language
        let fault = admit(header)
        state = fault == nil ? .awaitingHandshake : .closed
        let answer = self.header(answering: header)
        return fault.map { [answer, .close($0)] } ?? [answer]
    }

    /// What is wrong with a stream header, if anything.
    private mutating func admit(_ header: StreamHeader) -> StreamError? {
        guard header.namespace == Namespace.streams,
            header.contentNamespace == Namespace.component
        else { return StreamError(.invalidNamespace) }
        guard header.name == "stream" else { return StreamError(.badFormat) }
        guard let to = header.to, let jid = try? JID(to), jid.isDomain,
            let host = hosts(jid.domainpart)
        else { return StreamError(.hostUnknown) }
        self.host = host
        return host.isTaken ? StreamError(.conflict) : nil
    }

    private mutating func read(_ element: Element) -> [Action] {
        // Nobody answers an error with another (RFC 6120 §4.9.1.1).
        if element.isNamed("error", in: Namespace.streams) { return close(nil) }
        switch state {
        case .awaitingHandshake: return shakeHands(element)
        case .open: return admit(element)
        // What it sends on while it joins waits in its connection.
        case .opening, .joining, .closed: return close(StreamError(.badFormat))
        }
    }

    private mutating func shakeHands(_ element: Element) -> [Action] {
        guard let host, element.isNamed("handshake", in: Namespace.client),
            ComponentHandshake(id: id, secret: host.secret).isAnswered(by: element.text)
        else { return close(StreamError(.notAuthorized)) }
        state = .joining
        return [.join(host.domain)]
    }

    /// A stanza goes on if it is from the component's own domain, and to somebody.
    private mutating func admit(_ element: Element) -> [Action] {
        guard let domain else { return close(StreamError(.internalServerError)) }
        do {
            let stanza = try Stanza(element, language: language)
            if let fault = fault(from: stanza.from, to: stanza.to, domain) { return close(fault) }
            return [.stanza(stanza)]
        } catch .unsupported {
            return close(StreamError(.unsupportedStanzaType))
        } catch {
            return refuse(element, error, domain)
        }
    }

    /// Its addresses decide whether the stream goes on; then its sender is told what is wrong.
    private mutating func refuse(
        _ element: Element,
        _ fault: StanzaFault,
        _ domain: JID
    ) -> [Action] {
        let from = element.attribute("from").flatMap { try? JID($0) }
        let to = element.attribute("to").flatMap { try? JID($0) }
        if let fault = self.fault(from: from, to: to, domain) { return close(fault) }
        guard case .refused(let error) = fault, let to,
            let answer = Stanza.refusal(of: element, error, from: to)
        else { return [] }
        return [.answer(answer.addressed(to: from, from: to))]
    }

    /// What is wrong with a stanza's addresses, if anything (XEP-0114 §3; RFC 6120 §4.9.3.7, §4.9.3.9).
    private func fault(from: JID?, to: JID?, _ domain: JID) -> StreamError? {
        guard let from, to != nil else { return StreamError(.improperAddressing) }
        return from.hasSameDomain(as: domain) ? nil : StreamError(.invalidFrom)
    }
}
