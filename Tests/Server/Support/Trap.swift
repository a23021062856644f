import MartletCore
import MartletNet
import Synchronization

@testable import MartletServer

/// Leads a server that calls somebody to where the test waits for it.
final class Trap: PeerDialler {
    private struct State {
        var callers: [String: [RawPeer]] = [:]
        var waiting: [String: [CheckedContinuation<RawPeer, Never>]] = [:]
        var dialled: [String] = []
        var all: [RawPeer] = []
        var isDirect = false
    }

    private let shard: Shard
    private let state = Mutex(State())

    init(on shard: Shard) {
        self.shard = shard
    }

    /// The domains that were called, in order.
    var dialled: [String] { state.withLock { $0.dialled } }

    /// The server's next connection to a domain.
    ///
    /// Names that begin with `silent` are never found.
    func caller(of domain: String) async -> RawPeer {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> RawPeer? in
                if state.callers[domain]?.isEmpty == false {
                    return state.callers[domain]?.removeFirst()
                }
                state.waiting[domain, default: []].append(continuation)
                return nil
            }
            if let known { continuation.resume(returning: known) }
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
        let waiter = state.withLock { state -> CheckedContinuation<RawPeer, Never>? in
            state.all.append(peer)
            if state.waiting[domain]?.isEmpty == false {
                return state.waiting[domain]?.removeFirst()
            }
            state.callers[domain, default: []].append(peer)
            return nil
        }
        waiter?.resume(returning: peer)
    }

    private struct Once: PeerAttempt {
        func tryNext() -> Bool { false }
        func giveUp() {}
    }
}
