import MartletNet
import Testing

@testable import MartletDNS

/// A resolver on a shard whose clock a test may move, and the name server that it asks.
struct Cast: Sendable {
    let shard: Shard
    let server: NameServer
    let resolver: DNSResolver
    let clock: ManualClock

    func finder(
        _ policy: PeerPolicy = PeerPolicy(),
        seed: UInt64 = 1
    ) -> PeerFinder {
        PeerFinder(resolver, policy: policy, chance: SplitMix(state: seed))
    }
}

extension DNSConfiguration {
    /// What tests begin with: it is their clock and not libunbound's that decides when a server was silent.
    ///
    /// It asks again after 11 s at the earliest, and gives up after minutes; with 12 s it would take the
    /// server for one that is away. All of a process have one such time, so that all tests begin with this.
    static var test: DNSConfiguration {
        var configuration = DNSConfiguration()
        configuration.retryTime = .seconds(11)
        configuration.hostsFile = nil
        return configuration
    }
}

/// Runs `body`, and checks that nothing is left on the resolver's shard afterwards.
func withResolver(
    _ zone: @escaping NameServer.Zone,
    _ change: (inout DNSConfiguration) -> Void = { _ in },
    _ body: (Cast) async throws -> Void
) async throws {
    let clock = ManualClock()
    let shards = [Shard(index: 0, clock: clock), Shard(index: 1)]
    for shard in shards { shard.start() }
    do {
        let server = try await NameServer(on: shards[1], zone)
        var configuration = DNSConfiguration.test
        configuration.servers = .these([server.address])
        change(&configuration)
        let resolver = try DNSResolver(on: shards[0], configuration)
        try await body(
            Cast(shard: shards[0], server: server, resolver: resolver, clock: clock)
        )
        await resolver.close()
        #expect(await shards[0].run { resolver.underWayCount } == 0)
    } catch {
        for shard in shards { await shard.stop() }
        throw error
    }
    for shard in shards { await shard.stop() }
    #expect(shards.map(\.registeredCount) == [0, 0])
}

extension Shard {
    /// Does `body` on the shard's thread and returns what it made.
    func run<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
        await withCheckedContinuation { continuation in
            submit { continuation.resume(returning: body()) }
        }
    }
}

/// Chance that a seed repeats.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension PeerCandidate {
    /// `address:port` and how TLS begins, for comparison.
    var brief: String { "\(address) \(security)" }
}
