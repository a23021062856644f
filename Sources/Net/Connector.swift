import CLinux
import Glibc

/// Makes outgoing connections.
public enum Connector {
    /// Tries the addresses in order until one answers.
    ///
    /// On the shard's thread, as is the call of `done`, which follows a later turn; it sets the
    /// transport's `delegate`. Each address gets an equal part of `timeout`.
    public static func connect(
        to addresses: [SocketAddress],
        on shard: Shard,
        timeout: Duration,
        done: @escaping (Result<Transport, NetError>) -> Void
    ) {
        begin(to: addresses, on: shard, timeout: timeout, done: done)
    }

    /// Does as `connect` does, and gives what can be cancelled.
    @discardableResult
    package static func begin(
        to addresses: [SocketAddress],
        on shard: Shard,
        timeout: Duration,
        done: @escaping (Result<Transport, NetError>) -> Void
    ) -> ConnectAttempt {
        shard.assertCurrent()
        let attempt = ConnectAttempt(addresses, on: shard, timeout: timeout, done: done)
        attempt.start()
        return attempt
    }

    /// Tries the addresses in order, asked from anywhere.
    ///
    /// Nothing is read from the transport until, on the shard's thread, it
    /// is given a `delegate`.
    ///
    /// - Throws: the fault of the last address.
    public static func connect(
        to addresses: [SocketAddress],
        on shard: Shard,
        timeout: Duration
    ) async throws(NetError) -> Transport {
        let result = await withCheckedContinuation { continuation in
            shard.submit {
                connect(to: addresses, on: shard, timeout: timeout) {
                    continuation.resume(returning: $0)
                }
            }
        }
        return try result.get()
    }
}

/// One connection being made, address after address.
package final class ConnectAttempt: EventSource {
    private let shard: Shard
    private let share: Duration
    private var addresses: ArraySlice<SocketAddress>
    private var done: ((Result<Transport, NetError>) -> Void)?
    private var current: (descriptor: CInt, address: SocketAddress, token: UInt64)?
    private var timer: TimerID?
    /// Its place among the shard's sources while it has no socket: it hears of the shard's end.
    private var place: UInt64 = 0
    private var lastError = NetError("connect", reason: "there is no address")

    init(
        _ addresses: [SocketAddress],
        on shard: Shard,
        timeout: Duration,
        done: @escaping (Result<Transport, NetError>) -> Void
    ) {
        self.shard = shard
        self.addresses = addresses[...]
        self.done = done
        share = timeout / max(addresses.count, 1)
    }

    /// Begins in a later turn, so that `done` is never called from inside `connect`.
    func start() {
        place = shard.sources.insert(self)
        timer = shard.schedule(after: .zero) { [self] in tryNext() }
        if shard.hasStopped { shardStops() }
    }

    /// Gives it up, without a call of `done`; harmless when that was called.
    package func cancel() {
        shard.assertCurrent()
        guard done != nil else { return }
        done = nil
        addresses = []
        if let (descriptor, _) = takeCurrent() { Glibc.close(descriptor) }
        if let timer { shard.cancel(timer) }
        shard.sources.remove(place)
    }

    private func tryNext() {
        while let address = addresses.popFirst() {
            do {
                return try begin(address)
            } catch {
                lastError = error
            }
        }
        report(.failure(lastError))
    }

    private func begin(_ address: SocketAddress) throws(NetError) {
        let socket = try Socket(family: address.family)
        let descriptor = socket.descriptor
        let status = address.withKernelForm { martlet_connect(descriptor, $0, $1) }
        guard status == 0 || errno == EINPROGRESS else {
            throw NetError("connect to \(address)", code: errno)
        }
        let token = shard.sources.insert(self)
        guard shard.poller.add(descriptor, .writing, token: token) else {
            shard.sources.remove(token)
            throw NetError("connect to \(address)", code: ENOMEM)
        }
        current = (socket.giveAway(), address, token)
        timer = shard.schedule(after: share) { [self] in fail(code: ETIMEDOUT) }
    }

    func isReady(_ readiness: Readiness) {
        guard let descriptor = current?.descriptor else { return }
        var code: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        if code == 0 { succeed() } else { fail(code: code) }
    }

    func shardStops() {
        addresses = []
        lastError = NetError("connect", code: ECANCELED)
        if current == nil { report(.failure(lastError)) } else { fail(code: ECANCELED) }
    }

    private func succeed() {
        guard let (descriptor, address) = takeCurrent() else { return }
        Socket.tuneConnection(descriptor)
        report(
            .success(SocketTransport(descriptor: descriptor, shard: shard, peerAddress: address))
        )
    }

    private func fail(code: CInt) {
        guard let (descriptor, address) = takeCurrent() else { return }
        Glibc.close(descriptor)
        lastError = NetError("connect to \(address)", code: code)
        tryNext()
    }

    private func takeCurrent() -> (CInt, SocketAddress)? {
        guard let (descriptor, address, token) = current else { return nil }
        current = nil
        if let timer { shard.cancel(timer) }
        timer = nil
        shard.poller.remove(descriptor)
        shard.sources.remove(token)
        return (descriptor, address)
    }

    private func report(_ result: Result<Transport, NetError>) {
        shard.sources.remove(place)
        let done = self.done
        self.done = nil
        done?(result)
    }
}
