import CLinux
import Glibc

/// A socket on its way to becoming a listener or a connection; closed unless given away.
struct Socket: ~Copyable {
    let descriptor: CInt

    init(family: CInt) throws(NetError) {
        let flags = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(family, flags, 0)
        guard descriptor >= 0 else { throw NetError("make a socket", code: errno) }
    }

    deinit {
        Glibc.close(descriptor)
    }

    consuming func giveAway() -> CInt {
        let given = descriptor
        discard self
        return given
    }

    borrowing func set(_ level: CInt, _ option: CInt, _ value: CInt = 1) {
        Self.set(descriptor, level, option, value)
    }

    static func set(_ descriptor: CInt, _ level: CInt, _ option: CInt, _ value: CInt = 1) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    /// What every connection of ours has: no delay for small writes, and a kernel that notices a
    /// peer which vanished (after 5 minutes' silence, 4 probes half a minute apart).
    static func tuneConnection(_ descriptor: CInt) {
        set(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY)
        set(descriptor, SOL_SOCKET, SO_KEEPALIVE)
        set(descriptor, CInt(IPPROTO_TCP), TCP_KEEPIDLE, 300)
        set(descriptor, CInt(IPPROTO_TCP), TCP_KEEPINTVL, 30)
        set(descriptor, CInt(IPPROTO_TCP), TCP_KEEPCNT, 4)
    }

    borrowing func localAddress() -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        guard martlet_local_address(descriptor, &storage, &length) == 0 else { return nil }
        return SocketAddress(storage)
    }
}
