import CLinux
import Glibc

/// One address listened on by every shard: a socket each (SO_REUSEPORT), so that the kernel spreads
/// the connections and none changes threads.
public final class Listener: Sendable {
    public struct Options: Sendable {
        /// Connections that the kernel keeps for us, per shard, before we accept them.
        public var backlog: Int32 = 1024
        /// Counts connections by network; those too many are closed at once.
        public var counter: ConnectionCounter?
        /// What accepted transports begin with.
        public var writeLimits = WriteLimits()

        public init() {}
    }

    /// What an operator may want to know.
    public enum Event: Sendable, Hashable {
        /// A connection was closed at once, because its network has too many.
        case refused(SocketAddress)
        /// Descriptors or memory ran out (`errno`); connections are being turned away. Said once
        /// until one is accepted again.
        case exhausted(Int32)
    }

    /// Where it listens, with the real port.
    public let address: SocketAddress

    private let acceptors: [Acceptor]

    /// Listens on all `shards`, which must have been started (or adopted and turning).
    ///
    /// Port 0 lets the system choose one, the same for all shards. An IPv6 address takes IPv6
    /// alone (IPV6_V6ONLY): for both, listen twice. `accepted` is called on the shard's thread and
    /// sets the transport's `delegate`, or it is closed when that returns.
    ///
    /// - Throws: what the system refused, the address included.
    public static func listen(
        on shards: [Shard],
        at address: SocketAddress,
        options: Options = Options(),
        report: @escaping @Sendable (Event) -> Void = { _ in },
        accepted: @escaping @Sendable (Transport) -> Void
    ) async throws(NetError) -> Listener {
        var sockets: [CInt] = []
        var address = address
        do {
            for _ in shards {
                let socket = try open(at: address, backlog: options.backlog)
                address = socket.localAddress() ?? address
                sockets.append(socket.giveAway())
            }
        } catch {
            for descriptor in sockets { Glibc.close(descriptor) }
            throw error
        }
        let acceptors = zip(shards, sockets).map { shard, descriptor in
            Acceptor(descriptor, on: shard, options: options, report: report, accepted: accepted)
        }
        for acceptor in acceptors { await acceptor.start() }
        return Listener(address: address, acceptors: acceptors)
    }

    private init(address: SocketAddress, acceptors: [Acceptor]) {
        self.address = address
        self.acceptors = acceptors
    }

    /// Listens no more; connections that were accepted stay.
    ///
    /// Returns when all sockets are closed.
    public func close() async {
        for acceptor in acceptors { await acceptor.stop() }
    }

    private static func open(
        at address: SocketAddress,
        backlog: Int32
    ) throws(NetError) -> Socket {
        let socket = try Socket(family: address.family)
        socket.set(SOL_SOCKET, SO_REUSEADDR)
        socket.set(SOL_SOCKET, SO_REUSEPORT)
        if address.isIPv6 { socket.set(CInt(IPPROTO_IPV6), IPV6_V6ONLY) }
        let descriptor = socket.descriptor
        // Linux hands these down to what is accepted: five calls less for each connection.
        Socket.tuneConnection(descriptor)
        guard address.withKernelForm({ martlet_bind(descriptor, $0, $1) }) == 0,
            Glibc.listen(descriptor, backlog) == 0
        else { throw NetError("listen on \(address)", code: errno) }
        return socket
    }
}
