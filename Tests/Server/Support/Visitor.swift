import MartletNet

@testable import MartletServer

/// One end of a pipe to a server: sends text, and waits for text.
///
/// Unchecked, because its transport is used on its shard alone; what it hears is locked.
final class Visitor: TransportDelegate, @unchecked Sendable {
    private let transport: PipeTransport
    /// Whether it stays when the server says goodbye.
    private let isDeaf: Bool
    private let hearing = Hearing()

    private init(_ transport: PipeTransport, isDeaf: Bool) {
        self.transport = transport
        self.isDeaf = isDeaf
    }

    /// Comes to a server, on one of its shards, from a shard of its own.
    static func visit(
        _ server: MartletServer,
        shard index: Int,
        from own: Shard,
        isDeaf: Bool = false,
        terms: C2SListenerTerms = C2SListenerTerms(tls: .none, allowsPlainWithoutTLS: true)
    ) -> Visitor {
        let (near, far) = PipeTransport.pair(own, server.shards[index])
        let visitor = Visitor(near, isDeaf: isDeaf)
        own.submit { near.delegate = visitor }
        server.accept(far, terms: terms)
        return visitor
    }

    /// Comes to the service for components, on one of its server's shards, from a shard of its own.
    static func visit(
        _ service: ComponentService,
        shard index: Int,
        from own: Shard,
        address: SocketAddress = .loopback(port: 1),
        terms: ComponentListenerTerms = ComponentListenerTerms()
    ) -> Visitor {
        let (near, far) = PipeTransport.pair(
            own,
            service.router.homes[index].shard,
            leftAddress: address
        )
        let visitor = Visitor(near, isDeaf: false)
        own.submit { near.delegate = visitor }
        far.shard.submit { service.accept(far, on: terms) }
        return visitor
    }

    /// Reads nothing from now on, or all again.
    func stop(reading isPaused: Bool) {
        transport.shard.submit {
            if isPaused { self.transport.pauseReading() } else { self.transport.resumeReading() }
        }
    }

    func send(_ text: String) {
        transport.shard.submit { self.transport.send(Array(text.utf8)) }
    }

    /// Goes away without a word.
    func drop() {
        transport.shard.submit { self.transport.close(afterFlush: false, within: .zero) }
    }

    /// Sends what was sent so far for sure, then goes away.
    func leave() {
        transport.shard.submit { self.transport.close(afterFlush: true, within: .seconds(5)) }
    }

    var text: String { hearing.text }

    /// Waits until the server has said this; false when it went away without.
    func heard(_ text: String) async -> Bool { await hearing.heard(text) }

    /// Waits until the connection is over.
    func ended() async { await hearing.ended() }

    // MARK: On the shard

    func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        hearing.add(String(decoding: bytes, as: UTF8.self))
    }

    func transportReachedEnd(_ transport: Transport) {
        if !isDeaf { transport.close(afterFlush: true, within: .seconds(5)) }
    }

    func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        hearing.end()
    }
}

/// What visitors say.
enum Say {
    static let open =
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
        + " to='montague.example' version='1.0'>"
    static let startTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
    static let bind =
        "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
    static let enable = "<enable xmlns='urn:xmpp:sm:3' resume='true'/>"
    static let presence = "<presence/>"
    static let goodbye = "</stream:stream>"

    static func plain(_ text: String) -> String {
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>\(text)</auth>"
    }
}
