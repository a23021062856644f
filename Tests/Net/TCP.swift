import Testing

@testable import MartletNet

/// Accepts one connection on `far` and connects to it from `near`.
func connectTCP(
    near: Shard,
    far: Shard,
    isIPv6: Bool = false,
    nearLog: Recorder = Recorder(),
    farLog: Recorder = Recorder(),
    options: Listener.Options = Listener.Options()
) async throws -> Ends {
    let accepted = Shared<Transport?>(nil)
    let arrived = AsyncStream<Void>.makeStream()
    let listener = try await Listener.listen(
        on: [far],
        at: .loopback(port: 0, isIPv6: isIPv6),
        options: options
    ) { transport in
        transport.delegate = farLog
        accepted.change { $0 = transport }
        arrived.continuation.yield()
    }
    let transport = try await Connector.connect(
        to: [listener.address],
        on: near,
        timeout: .seconds(10)
    )
    await near.run { transport.delegate = nearLog }
    for await _ in arrived.stream { break }
    await listener.close()
    let peer = try #require(accepted.value)
    return Ends(near: transport, nearLog: nearLog, far: peer, farLog: farLog)
}

extension Transport {
    /// Sends from anywhere.
    func say(_ text: String) async {
        await shard.run { self.send(Array(text.utf8)) }
    }

    func say(_ bytes: [UInt8]) async {
        await shard.run { self.send(bytes) }
    }

    func hangUp(afterFlush: Bool = true, within limit: Duration = .seconds(5)) async {
        await shard.run { self.close(afterFlush: afterFlush, within: limit) }
    }
}
