import CLinux
import Glibc

/// A TCP connection.
///
/// Unchecked as `Transport` is.
final class SocketTransport: Transport, EventSource, @unchecked Sendable {
    let descriptor: CInt
    private var token: UInt64 = 0
    private var interest: Interest = []

    /// Takes over a connected, non-blocking descriptor; on the shard's thread.
    init(descriptor: CInt, shard: Shard, peerAddress: SocketAddress) {
        self.descriptor = descriptor
        super.init(shard: shard, peerAddress: peerAddress)
        token = shard.sources.insert(self)
        let isWatched = shard.poller.add(descriptor, interest, token: token)
        if shard.hasStopped {
            finish(.shardStopped)
        } else if !isWatched {
            finish(.reset)
        }
    }

    func isReady(_ readiness: Readiness) {
        if readiness.canRead, wantsBytes {
            read()
        } else if readiness.isHungUp {
            finish(hasReachedEnd ? .peerClosed : .reset)
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
            CInt(MSG_NOSIGNAL)
        )
        if count == bytes.count { return .all }
        if count >= 0 { return .some(count) }
        return errno == EAGAIN || errno == EINTR ? .some(0) : .broken
    }

    override func shutWriting() {
        shutdown(descriptor, CInt(SHUT_WR))
    }

    override func release() {
        unwatch()
        Glibc.close(descriptor)
    }

    override func giveMediumAway() -> DetachedTransport.Medium {
        unwatch()
        return .socket(descriptor)
    }

    override func interestChanged() {
        guard phase == .open || phase == .closing else { return }
        var wanted: Interest = []
        if wantsBytes { wanted.insert(.reading) }
        if isBlocked { wanted.insert(.writing) }
        guard wanted != interest else { return }
        interest = wanted
        shard.poller.change(descriptor, to: wanted, token: token)
    }

    private func unwatch() {
        shard.poller.remove(descriptor)
        shard.sources.remove(token)
    }
}
