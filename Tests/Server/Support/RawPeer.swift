import MartletCrypto
import MartletNet
import Synchronization

@testable import MartletServer

/// One end of a pipe to a server, held by another one that keeps to no rule; TLS is real.
///
/// Unchecked, because its transport is used on its shard alone; the rest is locked.
final class RawPeer: TransportDelegate, @unchecked Sendable {
    private let transport: Transport
    private let hearing = Hearing()
    private let secured = Mutex<CheckedContinuation<Bool, Never>?>(nil)

    /// Takes an end of a pipe whose other end is a server's.
    init(_ transport: Transport) {
        self.transport = transport
        if transport.shard.isCurrent { begin() } else { transport.shard.submit { self.begin() } }
    }

    private func begin() {
        transport.limits.maximum = 1 << 30
        transport.delegate = self
    }

    /// Comes to a server's listener for servers from an address.
    static func come(
        to server: MartletServer,
        from address: String = "192.0.2.1",
        on own: Shard,
        terms: S2SListenerTerms = S2SListenerTerms()
    ) -> RawPeer {
        let place = SocketAddress(address, port: 40_000) ?? .loopback(port: 40_000)
        let (near, far) = PipeTransport.pair(own, server.shards[0], leftAddress: place)
        let peer = RawPeer(near)
        server.shards[0].submit { server.federation?.service.accept(far, on: terms) }
        return peer
    }

    // MARK: Saying

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        transport.shard.submit { self.transport.send(bytes) }
    }

    /// Reads nothing from now on, or all again.
    func stop(reading isPaused: Bool) {
        transport.shard.submit {
            if isPaused { self.transport.pauseReading() } else { self.transport.resumeReading() }
        }
    }

    /// Goes away without a word.
    func drop() {
        transport.shard.submit { self.transport.close(afterFlush: false, within: .zero) }
    }

    // MARK: Hearing

    /// What was said since the last ``forget()``.
    var text: String { hearing.text }

    /// The id of the stream whose header was heard last.
    var streamID: String {
        let header = text.split(separator: "<stream:stream").last ?? ""
        return String(
            header.split(separator: " id='").dropFirst().first?.prefix { $0 != "'" } ?? ""
        )
    }

    func forget() { hearing.forget() }

    /// Waits until the server has said this; false when it went away without.
    func heard(_ text: String) async -> Bool { await hearing.heard(text) }

    /// Waits until the connection is over.
    func ended() async { await hearing.ended() }

    var isOver: Bool { hearing.isOver }

    // MARK: TLS

    /// Shakes hands, after which nothing that was heard before is remembered; false if that fails.
    ///
    /// What is said before it leaves in the same turn: the other side may begin at once.
    func secure(_ context: TLSContext, _ role: TLSRole, saying last: String = "") async -> Bool {
        forget()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                secured.withLock { $0 = continuation }
                if isOver || Task.isCancelled { resumeSecured(false) }
                transport.shard.submit {
                    self.transport.send(Array(last.utf8))
                    self.transport.startTLS(context, role: role)
                }
            }
        } onCancel: {
            resumeSecured(false)
        }
    }

    func transportSecured(_ transport: Transport) { resumeSecured(true) }

    private func resumeSecured(_ isSecure: Bool) {
        let continuation = secured.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
        continuation?.resume(returning: isSecure)
    }

    // MARK: On the shard

    func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        hearing.add(String(decoding: bytes, as: UTF8.self))
    }

    func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        hearing.end()
        resumeSecured(false)
    }
}

/// What servers say to each other.
enum Speak {
    static let startTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
    static let proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
    static let bidi = "<bidi xmlns='urn:xmpp:bidi'/>"

    static func header(
        from: String?,
        to: String? = "montague.example",
        id: String? = nil,
        version: String? = "1.0",
        content: String = "jabber:server"
    ) -> String {
        let attributes = [("from", from), ("to", to), ("id", id), ("version", version)]
            .compactMap { name, value in value.map { " \(name)='\($0)'" } }
        return "<stream:stream xmlns='\(content)' xmlns:stream='http://etherx.jabber.org/streams'"
            + " xmlns:db='jabber:server:dialback'\(attributes.joined())>"
    }

    static func external(_ domain: String) -> String {
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>"
            + Base64.encode(Array(domain.utf8)) + "</auth>"
    }

    static func features(_ what: String) -> String {
        "<stream:features>\(what)</stream:features>"
    }

    static let dialbackFeature =
        "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>"

    static func result(
        from: String,
        to: String = "montague.example",
        _ key: String = "0123456789abcdef"
    ) -> String {
        "<db:result from='\(from)' to='\(to)'>\(key)</db:result>"
    }

    static func message(_ text: String, from: String, to: String, more: String = "") -> String {
        "<message from='\(from)' to='\(to)' type='chat'><body>\(text)</body>\(more)</message>"
    }
}
