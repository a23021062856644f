import MartletCore
import MartletNet
import Synchronization
import TestSupport
import Testing

@testable import MartletServer

/// Leads a server that calls somebody to where the test waits for it.
final class Trap: PeerDialler {
    private struct State {
        var callers: [String: [RawPeer]] = [:]
        var dialled: [String] = []
        var all: [RawPeer] = []
    }

    private let shard: Shard
    private let state = Mutex(State())
    private let waiters = Waiters<String, RawPeer>()

    init(on shard: Shard) {
        self.shard = shard
    }

    /// The domains that were called, in order.
    var dialled: [String] { state.withLock { $0.dialled } }

    /// The server's next connection to a domain.
    ///
    /// Names that begin with `silent` are never found.
    func caller(of domain: String) async throws -> RawPeer {
        let peer = await waiters.wait(for: domain) { taken(domain) }
        return try #require(peer, "\(domain) was not called, but \(dialled)")
    }

    private func taken(_ domain: String) -> RawPeer? {
        state.withLock { state in
            guard state.callers[domain]?.isEmpty == false else { return nil }
            return state.callers[domain]?.removeFirst()
        }
    }

    /// Breaks all connections that were made.
    func cutAll() {
        for peer in state.withLock({ $0.all }) { peer.drop() }
    }

    func dial(
        _ domain: JID,
        on shard: Shard,
        isFresh: Bool,
        done: @escaping @Sendable (PeerDial) -> Void
    ) -> any PeerAttempt {
        let name = domain.domainpart
        state.withLock { $0.dialled.append(name) }
        guard !name.hasPrefix("silent") else { return Once() }
        shard.submit { [self] in
            let (near, far) = PipeTransport.pair(shard, self.shard)
            hand(RawPeer(far), to: name)
            done(.connected(near, isDirect: false, address: "a pipe"))
        }
        return Once()
    }

    private func hand(_ peer: RawPeer, to domain: String) {
        state.withLock { state in
            state.all.append(peer)
            state.callers[domain, default: []].append(peer)
        }
        waiters.tell { $0 == domain ? taken(domain) : nil }
    }

    private struct Once: PeerAttempt {
        func tryNext() -> Bool { false }
        func giveUp() {}
    }
}
