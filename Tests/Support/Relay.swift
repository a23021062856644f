package import MartletCrypto
package import MartletNet

/// A wire to a server that a test may cut: it then swallows what both sides say.
///
/// Unchecked, because all belongs to the shard's thread, but `listener` to the test.
package final class Relay: @unchecked Sendable {
    private let shard: Shard
    private var server: SocketAddress
    private let tls: TLSContext?
    private var listener: Listener?
    private var links: [Link] = []
    private var isCut = false
    /// What a client says, and how often still, before its connection ends instead of the answer.
    private var fatal: (words: [UInt8], count: Int)?
    /// Where connections lead after that, if elsewhere.
    private var next: SocketAddress?

    /// Leads to a server; with `tls` clients of PostgreSQL talk TLS to the relay, in records as long as may be.
    package init(to server: SocketAddress, tls: TLSContext? = nil) {
        self.server = server
        self.tls = tls
        shard = Shard(index: 99)
    }

    /// Begins to listen, and gives the port.
    package func start() async throws -> UInt16 {
        shard.start()
        let listener = try await Listener.listen(on: [shard], at: .loopback(port: 0)) { near in
            self.accept(near)
        }
        self.listener = listener
        return listener.address.port
    }

    package func stop() async {
        await listener?.close()
        await shard.stop()
    }

    /// From now on at most 64 kB of each client pass in so long a time.
    package func slow(to pause: Duration) async {
        await run {
            for link in self.links { link.pause = (pause, self.shard) }
        }
    }

    /// From now on nothing passes, and nobody is told.
    package func cut() async { await run { self.isCut = true } }

    /// What connects from now on passes; what was connected before stays cut.
    package func mend() async {
        await run {
            for link in self.links { link.isDead = true }
            self.isCut = false
        }
    }

    /// Ends all connections.
    package func hangUp() async {
        await run {
            for link in self.links { link.end() }
            self.links = []
        }
    }

    /// Lets words of a client pass, for the `count`th time, and ends its connection when the server answers.
    ///
    /// Once; `next` is where connections lead from then on, the same server unless it is given.
    package func dropAnswer(
        to words: String,
        time count: Int = 1,
        then next: SocketAddress? = nil
    ) async {
        await run {
            self.fatal = (Array(words.utf8), count)
            self.next = next
        }
    }

    /// Whether a client has just said the words for the last time.
    private func isFatal(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let fatal, bytes.contains(fatal.words) else { return false }
        guard fatal.count <= 1 else {
            self.fatal = (fatal.words, fatal.count - 1)
            return false
        }
        self.fatal = nil
        if let next { server = next }
        return true
    }

    private func run(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            shard.submit {
                body()
                continuation.resume()
            }
        }
    }

    private func accept(_ near: Transport) {
        near.limits.maximum = 1 << 30
        let link = Link(near) { [self] link in
            !isCut && !link.isDead
        } isFatal: { [self] bytes in
            isFatal(bytes)
        }
        link.tls = tls
        links.append(link)
        near.delegate = link
        near.pauseReading()
        Connector.connect(to: [server], on: shard, timeout: .seconds(5)) { result in
            guard case .success(let far) = result else { return link.end() }
            far.limits.maximum = 1 << 30
            link.far = far
            far.delegate = link
            near.resumeReading()
        }
    }
}

/// One connection through the relay.
private final class Link: TransportDelegate {
    private let near: Transport
    var far: Transport?
    var isDead = false
    /// What the client's request for TLS is answered with, which is its first word.
    var tls: TLSContext?
    /// How long the client is not listened to after each portion.
    var pause: (length: Duration, shard: Shard)?
    /// Whether it ends when the server says something.
    private var isDoomed = false
    private let passes: (Link) -> Bool
    private let isFatal: (UnsafeRawBufferPointer) -> Bool

    init(
        _ near: Transport,
        passes: @escaping (Link) -> Bool,
        isFatal: @escaping (UnsafeRawBufferPointer) -> Bool
    ) {
        self.near = near
        self.passes = passes
        self.isFatal = isFatal
    }

    func end() {
        near.close(afterFlush: false, within: .zero)
        far?.close(afterFlush: false, within: .zero)
    }

    func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        guard passes(self) else { return }
        guard transport === near else { return isDoomed ? end() : near.send(bytes) }
        if let tls {
            self.tls = nil
            near.send(Array("S".utf8))
            return near.startTLS(tls, role: .server())
        }
        if isFatal(bytes) { isDoomed = true }
        far?.send(bytes)
        guard let pause else { return }
        near.pauseReading()
        _ = pause.shard.schedule(after: pause.length) { [near] in near.resumeReading() }
    }

    func transportSecured(_ transport: Transport) {}
    func transportDrained(_ transport: Transport) {}
    func transportFlushed(_ transport: Transport) {}

    func transportReachedEnd(_ transport: Transport) {
        if passes(self) { end() }
    }

    func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        if passes(self) { end() }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func contains(_ words: [UInt8]) -> Bool {
        guard count >= words.count else { return false }
        return (0...(count - words.count)).contains { start in
            self[start..<(start + words.count)].elementsEqual(words)
        }
    }
}
