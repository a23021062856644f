import CLinux
import Glibc

/// A listening socket on one shard.
///
/// Unchecked, because its `var`s belong to the shard's thread: `start` and `stop` go there.
final class Acceptor: EventSource, @unchecked Sendable {
    /// Connections accepted in one turn, at most.
    private static let batchSize = 64
    /// How long it looks away when it cannot even turn connections away.
    private static let pause = Duration.milliseconds(100)

    private let descriptor: CInt
    private let shard: Shard
    private let options: Listener.Options
    private let report: @Sendable (Listener.Event) -> Void
    private let accepted: @Sendable (Transport) -> Void

    private var token: UInt64 = 0
    private var isOpen = false
    private var isExhausted = false
    /// Held so that there is one to close when all are used up, to accept and turn away with.
    private var reserve: CInt = -1

    init(
        _ descriptor: CInt,
        on shard: Shard,
        options: Listener.Options,
        report: @escaping @Sendable (Listener.Event) -> Void,
        accepted: @escaping @Sendable (Transport) -> Void
    ) {
        self.descriptor = descriptor
        self.shard = shard
        self.options = options
        self.report = report
        self.accepted = accepted
    }

    func start() async {
        await onShard { self.open() }
    }

    func stop() async {
        await onShard { self.close() }
    }

    private func onShard(_ work: @escaping @Sendable () -> Void) async {
        if shard.isCurrent { return work() }
        await withCheckedContinuation { continuation in
            shard.submit {
                work()
                continuation.resume()
            }
        }
    }

    private func open() {
        isOpen = true
        openReserve()
        token = shard.sources.insert(self)
        _ = shard.poller.add(descriptor, .reading, token: token)
        if shard.hasStopped { close() }
    }

    private func close() {
        guard isOpen else { return }
        isOpen = false
        shard.poller.remove(descriptor)
        shard.sources.remove(token)
        Glibc.close(descriptor)
        if reserve >= 0 { Glibc.close(reserve) }
    }

    func shardStops() {
        close()
    }

    func isReady(_ readiness: Readiness) {
        for _ in 0..<Self.batchSize where isOpen {
            guard acceptOne() else { return }
        }
    }

    /// - Returns: whether there may be another.
    private func acceptOne() -> Bool {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let connection = martlet_accept(descriptor, &storage, &length)
        guard connection >= 0 else { return survive(errno) }
        isExhausted = false
        guard let peer = SocketAddress(storage) else {
            Glibc.close(connection)
            return true
        }
        welcome(connection, from: peer)
        return true
    }

    private func welcome(_ connection: CInt, from peer: SocketAddress) {
        let admission = options.counter?.admit(peer)
        if options.counter != nil, admission == nil {
            Glibc.close(connection)
            return report(.refused(peer))
        }
        let transport = SocketTransport(descriptor: connection, shard: shard, peerAddress: peer)
        transport.limits = options.writeLimits
        transport.admission = admission
        accepted(transport)
        if transport.delegate == nil { transport.close(afterFlush: false, within: .zero) }
    }

    /// - Returns: whether to go on accepting after this error.
    private func survive(_ error: Int32) -> Bool {
        switch error {
        case EAGAIN: return false
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            if !isExhausted {
                isExhausted = true
                report(.exhausted(error))
            }
            if !turnOneAway() { lookAway() }
            return false
        default: return true  // It is that connection's fault (accept(2)), and it is gone.
        }
    }

    /// Accepts with the descriptor in reserve, and closes: better than to leave a peer hanging.
    private func turnOneAway() -> Bool {
        guard reserve >= 0 else { return false }
        Glibc.close(reserve)
        let connection = martlet_accept(descriptor, nil, nil)
        if connection >= 0 { Glibc.close(connection) }
        openReserve()
        return connection >= 0
    }

    private func openReserve() {
        reserve = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
    }

    private func lookAway() {
        shard.poller.change(descriptor, to: [], token: token)
        shard.schedule(after: Self.pause) { [self] in
            guard isOpen else { return }
            if reserve < 0 { openReserve() }
            shard.poller.change(descriptor, to: .reading, token: token)
        }
    }
}
