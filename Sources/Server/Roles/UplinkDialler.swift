import MartletNet

/// Connects the process of the services to the main one.
protocol UplinkDialler: Sendable {
    /// Calls back on that shard's thread, once; not any more when the shard has stopped.
    func dial(on shard: Shard, done: @escaping @Sendable (Result<Transport, NetError>) -> Void)
}

/// Connects over TCP.
struct NetworkUplinkDialler: UplinkDialler {
    let place: HostAndPort

    private static let timeout = Duration.seconds(10)

    func dial(on shard: Shard, done: @escaping @Sendable (Result<Transport, NetError>) -> Void) {
        if let address = SocketAddress(place.host, port: place.port) {
            return connect(to: [address], on: shard, done)
        }
        // Nobody waits for it: what comes of it is told to the shard, or to nobody when that is gone.
        Task {
            do throws(NetError) {
                let found = try await resolve(host: place.host, port: place.port)
                connect(to: found, on: shard, done)
            } catch {
                shard.submit { done(.failure(error)) }
            }
        }
    }

    private func connect(
        to addresses: [SocketAddress],
        on shard: Shard,
        _ done: @escaping @Sendable (Result<Transport, NetError>) -> Void
    ) {
        shard.submit {
            Connector.connect(to: addresses, on: shard, timeout: Self.timeout, done: done)
        }
    }
}
