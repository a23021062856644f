import MartletCrypto
import MartletNet
import Synchronization

@testable import MartletServer

/// One end of a pipe to a server, held by another one that keeps to no rule; TLS is real.
///
/// Unchecked, because its transport is used on its shard alone; the rest is locked.
final class RawPeer: TransportDelegate, @unchecked Sendable {
    private struct State {
        var text = ""
        var isOver = false
        var isSecure = false
        var secured: CheckedContinuation<Bool, Never>?
        var waiting: [(text: String, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    private let transport: Transport
    private let state = Mutex(State())

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
    var text: String { state.withLock { $0.text } }

    /// The id of the stream whose header was heard last.
    var streamID: String {
        let header = text.split(separator: "<stream:stream").last ?? ""
        return String(
            header.split(separator: " id='").dropFirst().first?.prefix { $0 != "'" } ?? ""
        )
    }

    func forget() {
        state.withLock { $0.text = "" }
    }

    /// Waits until the server has said this; false when it went away without.
    func heard(_ text: String) async -> Bool {
        await withCheckedContinuation { continuation in
            let known: Bool? = state.withLock { state in
                if state.text.contains(text) { return true }
                if state.isOver { return false }
                state.waiting.append((text, continuation))
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    /// Waits until the connection is over.
    func ended() async {
        _ = await heard("\u{0}never said")
    }

    var isOver: Bool { state.withLock { $0.isOver } }

    // MARK: TLS

    /// Shakes hands, after which nothing that was heard before is remembered; false if that fails.
    ///
    /// What is said before it leaves in the same turn: the other side may begin at once.
    func secure(_ context: TLSContext, _ role: TLSRole, saying last: String = "") async -> Bool {
        forget()
        return await withCheckedContinuation { continuation in
            let known: Bool? = state.withLock { state in
                if state.isOver { return false }
                state.secured = continuation
                return nil
            }
            if let known { return continuation.resume(returning: known) }
            transport.shard.submit {
                self.transport.send(Array(last.utf8))
                self.transport.startTLS(context, role: role)
            }
        }
    }

    func transportSecured(_ transport: Transport) {
        takeSecured()?.resume(returning: true)
    }

    private func takeSecured() -> CheckedContinuation<Bool, Never>? {
        state.withLock { state in
            defer { state.secured = nil }
            return state.secured
        }
    }

    // MARK: On the shard

    func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        let new = String(decoding: bytes, as: UTF8.self)
        let ready = state.withLock { state in
            state.text += new
            let text = state.text
            let ready = state.waiting.filter { text.contains($0.text) }
            state.waiting.removeAll { text.contains($0.text) }
            return ready
        }
        for waiter in ready { waiter.continuation.resume(returning: true) }
    }

    func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        takeSecured()?.resume(returning: false)
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.continuation.resume(returning: false) }
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
