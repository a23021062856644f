import MartletCrypto
import MartletNet
import MartletXML

/// One client of the generator.
///
/// It negotiates as any client does, with a full parser; once it is bound its bytes go to the
/// workload unparsed. Confined to the shard of its crew.
final class Client {
    enum Stage {
        case connecting, opening, securing, authenticating, binding, bound, closed
    }

    let username: String
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
    /// Told why, except after `close`.
    var onFailed: (String) -> Void = { _ in }
    var onClosed: (Client) -> Void = { _ in }

    private var events: [StreamEvent] = []

    init(_ username: String, _ terms: LoginTerms, _ pool: ParserPool) {
        self.username = username
        self.terms = terms
        parser = StreamParser(pool: pool, limits: .standard)
    }

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
            role: .client(serverName: terms.target.domain, applicationProtocols: protocols)
        )
    }

    func openStream() {
        stage = .opening
        send(
            """
            <?xml version='1.0'?><stream:stream to='\(terms.target.domain)' version='1.0' \
            xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>
            """
        )
    }

    func send(_ text: String) {
        transport?.send(Array(text.utf8))
    }

    /// Says goodbye and waits for the server to do the same.
    func close() {
        stage = .closed
        send("</stream:stream>")
        transport?.close(afterFlush: true, within: .seconds(10))
    }

    func fail(_ reason: String) {
        guard stage != .closed else { return }
        stage = .closed
        transport?.close(afterFlush: false, within: .zero)
        onFailed("\(jid.isEmpty ? username : jid): \(reason)")
    }

    private func read(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty, stage != .bound, stage != .closed, stage != .securing {
            events.removeAll(keepingCapacity: true)
            let fault = parser.read(rest, into: &events)
            guard let next = handleEvents(fault) else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[next...])
        }
    }

    /// Gives where a new stream begins in the same bytes, if one does.
    private func handleEvents(_ fault: XMLError?) -> Int? {
        for event in events {
            switch event.kind {
            case .opened: continue
            case .closed: fail("the server closed the stream")
            case .element(let element):
                if negotiate(element) == .restart {
                    parser.restart()
                    return event.endOffset
                }
            }
        }
        if let fault { fail("\(fault)") }
        return nil
    }
}

extension Client: TransportDelegate {
    func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        if stage == .bound { onBytes(self, bytes) } else { read(bytes) }
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
