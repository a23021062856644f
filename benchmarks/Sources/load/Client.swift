import MartletCrypto
import MartletNet
import MartletXML

/// One client of the generator.
///
/// It negotiates as any client does, with a full parser; once it is bound its bytes go to the
/// workload: unparsed, or, where it listens for them, as elements. Confined to the shard of its crew.
final class Client {
    enum Stage {
        case connecting, opening, securing, authenticating, binding, bound, leaving, closed
    }

    let username: String
    let domain: String
    let terms: LoginTerms
    /// The full address, once it is bound.
    var jid = ""
    var stage = Stage.connecting
    var isAuthenticated = false
    var scram: ScramLogin?
    var parser: StreamParser
    var transport: Transport?

    var onBound: (Client) -> Void = { _ in }
    var onBytes: (Client, UnsafeRawBufferPointer) -> Void = { _, _ in }
    /// In place of `onBytes`: each element that comes once it is bound.
    var onElement: ((Client, Element) -> Void)?
    /// Told why, except after `close`.
    var onFailed: (String) -> Void = { _ in }
    var onClosed: (Client) -> Void = { _ in }

    private var events: [StreamEvent] = []

    init(_ username: String, _ terms: LoginTerms, _ pool: ParserPool, domain: String? = nil) {
        self.username = username
        self.domain = domain ?? terms.target.domain
        self.terms = terms
        parser = StreamParser(pool: pool, limits: .standard)
    }

    /// Neither there nor gone.
    var isOnItsWay: Bool { stage != .bound && stage != .closed }

    func connect(on shard: Shard) {
        Connector.connect(to: [terms.target.address], on: shard, timeout: .seconds(20)) { result in
            switch result {
            case .failure(let error): self.fail("\(error)")
            case .success(let transport): self.connected(transport)
            }
        }
    }

    private func connected(_ transport: Transport) {
        self.transport = transport
        transport.delegate = self
        if terms.target.tls == .direct { startTLS() } else { openStream() }
    }

    func startTLS() {
        guard let context = terms.context else { return }
        stage = .securing
        let protocols = terms.target.tls == .direct ? ["xmpp-client"] : []
        transport?.startTLS(
            context,
            role: .client(serverName: domain, applicationProtocols: protocols)
        )
    }

    func openStream() {
        stage = .opening
        send(
            """
            <?xml version='1.0'?><stream:stream to='\(domain)' version='1.0' \
            xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>
            """
        )
    }

    func send(_ text: String) {
        transport?.send(Array(text.utf8))
    }

    /// Says goodbye and goes, whatever the server still says.
    func close() {
        stage = .closed
        send("</stream:stream>")
        transport?.close(afterFlush: true, within: .seconds(10))
    }

    /// Says goodbye, takes what the server had sent before it heard of that, and goes when it says so.
    func leave() {
        stage = .leaving
        send("<presence type='unavailable'/></stream:stream>")
    }

    func fail(_ reason: String) {
        guard stage != .closed else { return }
        stage = .closed
        transport?.close(afterFlush: false, within: .zero)
        onFailed("\(jid.isEmpty ? username : jid): \(reason)")
    }

    private func read(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty, reads {
            events.removeAll(keepingCapacity: true)
            let fault = parser.read(rest, into: &events)
            guard let next = handleEvents(fault) else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[next...])
        }
    }

    /// Whether bytes go through the parser.
    private var reads: Bool {
        switch stage {
        case .securing, .closed: false
        case .bound: onElement != nil
        default: true
        }
    }

    /// Gives where a new stream begins in the same bytes, if one does.
    private func handleEvents(_ fault: XMLError?) -> Int? {
        for event in events {
            switch event.kind {
            case .opened: continue
            case .closed: sayGoodbye()
            case .element(let element):
                if stage == .bound || stage == .leaving {
                    onElement?(self, element)
                } else if negotiate(element) == .restart {
                    parser.restart()
                    return event.endOffset
                }
            }
        }
        if let fault { fail("\(fault)") }
        return nil
    }

    private func sayGoodbye() {
        guard stage == .leaving else { return fail("the server closed the stream") }
        stage = .closed
        transport?.close(afterFlush: true, within: .seconds(10))
    }
}

extension Client: TransportDelegate {
    func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        if stage == .bound, onElement == nil { onBytes(self, bytes) } else { read(bytes) }
    }

    func transportSecured(_ transport: Transport) {
        openStream()
    }

    func transportReachedEnd(_ transport: Transport) {
        fail("the server hung up")
    }

    func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        fail("the connection ended: \(reason)")
        parser.close()
        onClosed(self)
        self.transport = nil
    }
}
