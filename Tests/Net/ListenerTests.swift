import Glibc
import Testing

@testable import MartletNet

@Suite(.timeLimit(.minutes(5)))
struct ListenerTests {
    @Test func `accepts on every shard, at one port`() async throws {
        try await withShards(2) { shards in
            let seen = Shared<Set<Int>>([])
            let listener = try await Listener.listen(on: shards, at: .loopback(port: 0)) {
                $0.delegate = Recorder()
                seen.change { [index = $0.shard.index] in $0.insert(index) }
            }
            #expect(listener.address.port != 0)
            for _ in 0..<200 where seen.value.count < 2 {
                let log = Recorder()
                let transport = try await connect(to: listener.address, on: shards[0], log)
                await transport.hangUp()
                _ = await log.closed()
            }
            #expect(seen.value == [0, 1])
            await listener.close()
        }
    }

    @Test func `refuses connections past the limit of a network, and counts down`() async throws {
        try await withShards { shards in
            var options = Listener.Options()
            let counter = ConnectionCounter(limit: 2)
            options.counter = counter
            let refused = Shared<[String]>([])
            let listener = try await Listener.listen(
                on: shards,
                at: .loopback(port: 0),
                options: options
            ) { event in
                if case .refused(let peer) = event { refused.change { $0.append(peer.host) } }
            } accepted: {
                $0.delegate = Recorder.echo()
            }
            let logs = [Recorder(), Recorder(), Recorder()]
            var transports: [Transport] = []
            for log in logs[0..<2] {
                let transport = try await connect(to: listener.address, on: shards[0], log)
                transports.append(transport)
                await transport.say("x")
                await log.received(1)
            }
            _ = try await connect(to: listener.address, on: shards[0], logs[2])
            _ = await logs[2].closed()
            #expect(refused.value == ["127.0.0.1"])
            #expect(counter.count(of: listener.address) == 2)
            for transport in transports { await transport.hangUp() }
            for log in logs { _ = await log.closed() }
            #expect(counter.count(of: listener.address) == 0)
            await listener.close()
        }
    }

    @Test func `closes what its owner does not want`() async throws {
        try await withShards { shards in
            let listener = try await Listener.listen(on: shards, at: .loopback(port: 0)) { _ in }
            let log = Recorder()
            _ = try await connect(to: listener.address, on: shards[0], log)
            #expect(await log.closed() == .peerClosed)
            await listener.close()
        }
    }

    @Test func `names what it could not listen on`() async throws {
        try await withShards { shards in
            let address = try #require(SocketAddress("192.0.2.1", port: 5222))
            await #expect(throws: NetError("listen on 192.0.2.1:5222", code: EADDRNOTAVAIL)) {
                _ = try await Listener.listen(on: shards, at: address) { _ in }
            }
        }
    }

    @Test func `says why it could not connect, after the last address`() async throws {
        try await withShards { shards in
            let listener = try await Listener.listen(on: shards, at: .loopback(port: 0)) {
                $0.delegate = Recorder()
            }
            let gone = try await Listener.listen(on: shards, at: .loopback(port: 0)) { _ in }
            await gone.close()
            await #expect(throws: NetError("connect to \(gone.address)", code: ECONNREFUSED)) {
                _ = try await Connector.connect(
                    to: [gone.address],
                    on: shards[0],
                    timeout: .seconds(5)
                )
            }
            await #expect(throws: NetError("connect", reason: "there is no address")) {
                _ = try await Connector.connect(to: [], on: shards[0], timeout: .seconds(5))
            }
            let transport = try await Connector.connect(
                to: [gone.address, listener.address],
                on: shards[0],
                timeout: .seconds(5)
            )
            #expect(transport.peerAddress == listener.address)
            await transport.hangUp(afterFlush: false)
            await listener.close()
        }
    }

    @Test func `gives up connecting when the time is over, or the shard stops`() async throws {
        let clock = ManualClock()
        let silent = try #require(SocketAddress("192.0.2.1", port: 5222))
        let shard = Shard(index: 0, clock: clock)
        shard.start()
        async let first = outcome(of: silent, on: shard)
        async let second = outcome(of: silent, on: shard)
        await shard.settle()
        await shard.stop()
        #expect(await [first, second].allSatisfy { $0 != 0 })
    }

    private func outcome(of address: SocketAddress, on shard: Shard) async -> Int32 {
        do {
            _ = try await Connector.connect(to: [address], on: shard, timeout: .seconds(10))
            return 0
        } catch {
            return error.code
        }
    }

    @Test func `resolves names and numbers`() async throws {
        #expect(try await resolve(host: "127.0.0.1", port: 7) == [.loopback(port: 7)])
        #expect(
            try await resolve(host: "::1", port: 7) == [.loopback(port: 7, isIPv6: true)]
        )
        let local = try await resolve(host: "localhost", port: 7)
        #expect(
            local.contains(.loopback(port: 7)) || local.contains(.loopback(port: 7, isIPv6: true))
        )
        await #expect(throws: NetError.self) { try await resolve(host: "no.invalid", port: 7) }
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.2", false),
        ("192.0.2.1", "192.0.2.1", true),
        ("2001:db8::1", "2001:db8::ffff:1", true),
        ("2001:db8::1", "2001:db8:0:1::1", false),
        ("::ffff:192.0.2.1", "192.0.2.1", true),
    ])
    func `counts IPv4 by address and IPv6 by its first half`(
        one: String,
        other: String,
        isSame: Bool
    ) throws {
        let first = try #require(SocketAddress(one, port: 1))
        let second = try #require(SocketAddress(other, port: 2))
        #expect((first.network == second.network) == isSame)
    }

    @Test func `writes addresses as RFC 5952 does`() {
        #expect(SocketAddress("2001:DB8:0:0::1", port: 5)?.description == "[2001:db8::1]:5")
        #expect(SocketAddress("10.0.0.1", port: 80)?.description == "10.0.0.1:80")
        #expect(SocketAddress("10.0.0", port: 80) == nil)
    }
}

/// Connects, and gives the transport its delegate.
func connect(
    to address: SocketAddress,
    on shard: Shard,
    _ log: Recorder
) async throws -> Transport {
    let transport = try await Connector.connect(to: [address], on: shard, timeout: .seconds(10))
    await shard.run { transport.delegate = log }
    return transport
}
