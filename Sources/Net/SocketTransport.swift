import CLinux
import Glibc

/// A TCP connection.
///
/// Unchecked as `Transport` is.
final class SocketTransport: Transport, EventSource, @unchecked Sendable {
    let descriptor: CInt
    @exclusivity(unchecked) private var token: UInt64 = 0
    /// What the poller watches for; nil before there was anything to watch for.
    @exclusivity(unchecked) private var interest: Interest?

    /// Takes over a connected, non-blocking descriptor; on the shard's thread.
    init(descriptor: CInt, shard: Shard, peerAddress: SocketAddress) {
        self.descriptor = descriptor
        super.init(shard: shard, peerAddress: peerAddress)
        token = shard.sources.insert(self)
        if shard.hasStopped { finish(.shardStopped) }
    }

    func isReady(_ readiness: Readiness) {
        if readiness.isOver, hasShut, session == nil {
            // The peer said its last, after ours: nothing that it sent is wanted, and no call tells more.
            mediumReachedEnd()
        } else if readiness.canRead, wantsBytes {
            read()
        } else if readiness.isHungUp {
            finish(hasReachedEnd ? .peerClosed : .reset)
        } else if readiness.canRead {
            watch(for: wanted)
        }
        if readiness.canWrite, isBlocked, phase == .open || phase == .closing { mediumCanWrite() }
    }

    func shardStops() {
        finish(.shardStopped)
    }

    private func read() {
        let buffer = shard.readBuffer
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count > 0 {
            mediumReceived(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        } else if count == 0 {
            mediumReachedEnd()
        } else if errno != EAGAIN, errno != EINTR {
            finish(hasReachedEnd ? .peerClosed : .reset)
        }
    }

    override func write(_ bytes: UnsafeRawBufferPointer) -> Written {
        let count = Glibc.send(
            descriptor,
            bytes.baseAddress,
            bytes.count,
            // The last of it leaves together with the FIN that follows.
            CInt(MSG_NOSIGNAL) | (phase == .closing && !hasShut ? CInt(MSG_MORE) : 0)
        )
        if count == bytes.count { return .all }
        if count >= 0 { return .some(count) }
        return errno == EAGAIN || errno == EINTR ? .some(0) : .broken
    }

    override func shutWriting() {
        shutdown(descriptor, CInt(SHUT_WR))
    }

    /// A descriptor that is closed is watched no longer.
    override func release() {
        shard.sources.remove(token)
        Glibc.close(descriptor)
    }

    override func giveMediumAway() -> DetachedTransport.Medium {
        if interest != nil { shard.poller.remove(descriptor) }
        shard.sources.remove(token)
        return .socket(descriptor)
    }

    /// Bytes that nobody wants now go on being watched for until there are some: most pauses are over
    /// before that, and cost no call.
    override func interestChanged() {
        guard phase == .open || phase == .closing else { return }
        var wanted = wanted
        if interest?.contains(.reading) == true { wanted.insert(.reading) }
        if wanted != interest ?? [] { watch(for: wanted) }
    }

    private var wanted: Interest {
        var wanted: Interest = []
        if wantsBytes { wanted.insert(.reading) }
        if isBlocked { wanted.insert(.writing) }
        return wanted
    }

    private func watch(for wanted: Interest) {
        guard phase == .open || phase == .closing else { return }
        if interest != nil {
            shard.poller.change(descriptor, to: wanted, token: token)
        } else if !shard.poller.add(descriptor, wanted, token: token) {
            return finish(.reset)
        }
        interest = wanted
    }
}
