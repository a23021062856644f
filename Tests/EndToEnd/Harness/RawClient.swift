import MartletCore
import MartletCrypto
import MartletNet
import MartletXML
import Testing

/// What a client waited for in vain, and what came instead.
struct Disappointment: Error, CustomStringConvertible {
    let description: String
}

/// A client that sends whatever it is told and reads what comes as a stream of XML.
actor RawClient {
    private let shard: Shard
    private let transport: Transport
    private var parser = StreamParser(pool: ParserPool(), limits: .generous)
    private var events: [StreamEvent] = []
    private var fault: XMLError?
    private var bound: JID?
    private var waiters: [Int: (CheckedContinuation<Void, Never>, TimerID)] = [:]
    private var lastWaiter = 0
    /// All that was read, as text where it is text.
    private(set) var received: [UInt8] = []
    private(set) var end: TransportEnd?
    private var isSecured = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { shard.asUnownedSerialExecutor() }

    private init(_ transport: Transport) {
        shard = transport.shard
        self.transport = transport
    }

    static func connect(to address: SocketAddress, on shard: Shard) async throws -> RawClient {
        let transport = try await Connector.connect(to: [address], on: shard, timeout: patience)
        let client = RawClient(transport)
        await client.begin()
        return client
    }

    private func begin() {
        transport.limits.maximum = 1 << 30
        transport.delegate = self
    }

    /// The full address that was bound.
    var jid: JID {
        get throws { try #require(bound) }
    }

    func bind(_ jid: JID) { bound = jid }

    // MARK: Sending

    func send(_ text: String) { transport.send(Array(text.utf8)) }
    func send(_ bytes: [UInt8]) { transport.send(bytes) }

    /// Sends the text a byte at a time, each in a segment of its own if the kernel pleases.
    func drip(_ text: String) async {
        for byte in Array(text.utf8) {
            transport.send([byte])
            await shard.settle()
        }
    }

    /// Expects a stream header, and what a new stream says, from now on.
    func restart() { parser.restart() }

    func startTLS(
        _ settings: TLSClientSettings? = nil,
        name: String = "montague.example",
        protocols: [String] = []
    ) async throws {
        var usual = TLSClientSettings()
        usual.trust = .pem(try Certificates.pem())
        let context = try TLSContext(client: settings ?? usual)
        parser.restart()
        transport.startTLS(
            context,
            role: .client(serverName: name, applicationProtocols: protocols)
        )
        try await wait(for: "the TLS handshake") { $0.isSecured ? true : nil }
    }

    var tls: TLSInfo? { transport.tls }

    /// Whether it says something when it is pinged; the tests then do not see the pings.
    private var isAwake = false

    func setAwake(_ isAwake: Bool) { self.isAwake = isAwake }

    func pauseReading() { transport.pauseReading() }
    func resumeReading() { transport.resumeReading() }

    /// Goes away without a word on the stream.
    func cut() { transport.close(afterFlush: false, within: .zero) }

    /// Sends no more, and still reads what comes.
    func finish() { transport.close(afterFlush: true, within: patience) }

    /// Says goodbye and waits for the server's.
    func hangUp() async {
        send("</stream:stream>")
        _ = try? await wait(for: "the end") { $0.end }
    }

    // MARK: Waiting

    /// The next thing on the stream.
    func next() async throws -> StreamEvent.Kind {
        try await wait(for: "anything") { client in
            client.events.isEmpty ? nil : client.events.removeFirst().kind
        }
    }

    /// Whether this text comes before the connection ends.
    func receives(_ text: String) async throws -> Bool {
        try await wait(for: text) { client in
            if String(decoding: client.received, as: UTF8.self).contains(text) { return true }
            return client.end == nil ? nil : false
        }
    }

    /// The first bytes that came, whatever they mean.
    func first(_ count: Int) async throws -> [UInt8] {
        try await wait(for: "\(count) bytes", readingOn: true) { client in
            client.received.count < count ? nil : Array(client.received.prefix(count))
        }
    }

    /// Waits until the connection is over.
    @discardableResult
    func ended() async throws -> TransportEnd {
        try await wait(for: "the end of the connection", readingOn: true) { $0.end }
    }

    /// Waits until `look` sees what it wants, or for as long as patience lasts; XML that is none
    /// ends it at once, unless it is `readingOn`.
    @discardableResult
    func wait<R: Sendable>(
        for what: String,
        readingOn: Bool = false,
        _ look: (isolated RawClient) -> R?
    ) async throws -> R {
        let start = ContinuousClock.now
        while true {
            if let found = look(self) { return found }
            let left = patience - start.duration(to: .now)
            guard end == nil, fault == nil || readingOn, left > .zero else {
                throw disappointment(what)
            }
            await change(within: left)
        }
    }

    private func disappointment(_ what: String) -> Disappointment {
        let tail = String(decoding: received.suffix(2_000), as: UTF8.self)
        let state = end.map { "ended: \($0)" } ?? fault.map { "bad XML: \($0)" } ?? "too late"
        return Disappointment(description: "waited for \(what) (\(state)); the last was: \(tail)")
    }

    private func change(within time: Duration) async {
        lastWaiter += 1
        let id = lastWaiter
        await withCheckedContinuation { continuation in
            let timer = shard.schedule(after: time) { [weak self] in
                self?.assumeIsolated { $0.waiters.removeValue(forKey: id)?.0.resume() }
            }
            waiters[id] = (continuation, timer)
        }
    }

    private func changed() {
        let all = waiters
        waiters = [:]
        for (continuation, timer) in all.values {
            shard.cancel(timer)
            continuation.resume()
        }
    }
}

extension RawClient: TransportDelegate {
    nonisolated func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        // Lent for the length of this call, which stays on the shard's thread.
        nonisolated(unsafe) let bytes = bytes
        assumeIsolated { $0.take(bytes) }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        received.append(contentsOf: bytes)
        fault = parser.read(bytes, into: &events)
        if isAwake { answerPings() }
        changed()
    }

    private func answerPings() {
        events.removeAll { event in
            guard case .element(let element) = event.kind,
                element.child("ping", in: Namespace.ping) != nil
            else { return false }
            transport.send([0x20])
            return true
        }
    }

    nonisolated func transportSecured(_ transport: Transport) {
        assumeIsolated { client in
            client.isSecured = true
            client.changed()
        }
    }

    nonisolated func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        assumeIsolated { client in
            client.end = reason
            client.changed()
        }
    }
}

extension XMLLimits {
    fileprivate static let generous = XMLLimits(
        stanzaBytes: 1 << 24,
        tagBytes: 1 << 20,
        depth: 1_000,
        elements: 1_000_000,
        attributes: 1_000,
        attributeBytes: 1 << 20,
        namespaceDeclarations: 1_000
    )
}
