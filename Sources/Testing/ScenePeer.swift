public import MartletCore
import MartletServer
import MartletXML
import Synchronization

/// Another server, or a component, as a scene's server sees it: it takes what is sent to its domain,
/// and says what it likes.
///
/// Whatever it says comes by one stream, in order, and its `from` is believed.
public final class ScenePeer: StanzaRoute {
    public let domain: JID
    /// What it was sent and did not return.
    public let stanzas: AsyncStream<Stanza>
    private let received: AsyncStream<Stanza>.Continuation
    private let shard: Int
    // The server keeps its routes.
    private weak let server: MartletServer?
    private let state = Mutex(State())

    private struct State {
        var fault: StanzaError?
        /// Fences, while what they are raised behind does not move.
        var raised: [@Sendable () -> Void]?
    }

    init(_ domain: JID, of server: MartletServer, on shard: Int) {
        self.domain = domain
        self.server = server
        self.shard = shard
        (stanzas, received) = AsyncStream.makeStream()
    }

    /// Sends a stanza to the scene's server.
    public func send(_ stanza: Stanza) {
        server?.receive(fromElsewhere: stanza, on: shard)
    }

    /// Cannot be reached from now on: what is sent to it returns so; nil: it is back.
    public func fail(with error: StanzaError?) {
        state.withLock { $0.fault = error }
    }

    /// Reads nothing more until `release`: no fence passes.
    public func hold() {
        state.withLock { $0.raised = $0.raised ?? [] }
    }

    public func release() {
        let raised = state.withLock { state in
            defer { state.raised = nil }
            return state.raised ?? []
        }
        for passed in raised { passed() }
    }

    public func take(_ stanza: Stanza, on shard: Int) {
        if let fault = state.withLock({ $0.fault }) {
            server?.bounce(stanza, fault)
        } else {
            received.yield(Self.read(stanza))
        }
    }

    public func fence(
        _ pair: DomainPair,
        on shard: Int,
        passed: @escaping @Sendable () -> Void
    ) {
        let isHeld = state.withLock { state in
            state.raised?.append(passed)
            return state.raised != nil
        }
        if !isHeld { passed() }
    }

    /// Ends what it was sent with a stanza of ours, so that a reader knows where the end is.
    func mark(_ stanza: Stanza) { received.yield(Self.read(stanza)) }

    /// As it is read at the other end, whose element bears the addresses.
    private static func read(_ stanza: Stanza) -> Stanza {
        (try? Element(parsing: stanza.bytes)).flatMap { try? Stanza($0) } ?? stanza
    }

    /// Nothing more is read.
    func finish() { received.finish() }
}

/// The other servers of a scene: whoever is none of them cannot be found.
final class SceneNetwork: StanzaRoute {
    private let peers = Mutex<[JID: ScenePeer]>([:])
    private weak let server: MartletServer?

    init(of server: MartletServer) {
        self.server = server
    }

    func peer(_ domain: JID, orElse make: () -> ScenePeer) -> ScenePeer {
        peers.withLock { peers in
            let peer = peers[domain] ?? make()
            peers[domain] = peer
            return peer
        }
    }

    func take(_ stanza: Stanza, on shard: Int) {
        let peer = stanza.to.flatMap { to in peers.withLock { $0[to.domain] } }
        guard let peer else { return server?.bounce(stanza, .remoteServerNotFound) ?? () }
        peer.take(stanza, on: shard)
    }

    func fence(
        _ pair: DomainPair,
        on shard: Int,
        passed: @escaping @Sendable () -> Void
    ) {
        guard let peer = peers.withLock({ $0[pair.target] }) else { return passed() }
        peer.fence(pair, on: shard, passed: passed)
    }
}
