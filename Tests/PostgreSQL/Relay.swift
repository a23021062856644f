import MartletNet
import Synchronization
import TestSupport

/// A wire to a server that a test may cut: it then swallows what both sides say.
///
/// Unchecked, because all but `address` belongs to the shard's thread.
final class Relay: @unchecked Sendable {
    private let shard: Shard
    private let server: SocketAddress
    private var listener: Listener?
    private var links: [Link] = []
    private var isCut = false

    init(to server: SocketAddress) {
        self.server = server
        shard = Shard(index: 99)
    }

    /// Begins to listen, and gives the port.
    func start() async throws -> UInt16 {
        shard.start()
        let listener = try await Listener.listen(on: [shard], at: .loopback(port: 0)) { near in
            self.accept(near)
        }
        self.listener = listener
        return listener.address.port
    }

    func stop() async {
        await listener?.close()
        await shard.stop()
    }

    /// From now on nothing passes, and nobody is told.
    func cut() async { await run { self.isCut = true } }

    /// What connects from now on passes; what was connected before stays cut.
    func mend() async {
        await run {
            for link in self.links { link.isDead = true }
            self.isCut = false
        }
    }

    /// Ends all connections.
    func hangUp() async {
        await run {
            for link in self.links { link.end() }
            self.links = []
        }
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
        let link = Link(near) { [self] link in !isCut && !link.isDead }
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
    private let passes: (Link) -> Bool

    init(_ near: Transport, passes: @escaping (Link) -> Bool) {
        self.near = near
        self.passes = passes
    }

    func end() {
        near.close(afterFlush: false, within: .zero)
        far?.close(afterFlush: false, within: .zero)
    }

    func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        guard passes(self) else { return }
        if transport === near { far?.send(bytes) } else { near.send(bytes) }
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
