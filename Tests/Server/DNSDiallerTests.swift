import MartletCore
@testable import MartletNet
import MartletStreams
import Synchronization
import Testing

@testable import MartletDNS
@testable import MartletServer

/// Places by settings and by numbers, which need no name server; what takes connections is the test's.
@Suite(.timeLimit(.minutes(5)))
struct DNSDiallerTests {
    /// What the dialler connected to, and how to answer; the first of them is the one that is open.
    private final class Door: @unchecked Sendable {
        // Used on the thread of one shard, and after that has stopped.
        var asked: [[String]] = []
        var given: [Transport] = []
        var cancelled = 0
        /// How many connections succeed, each to the first candidate.
        var opens = 0
        var answers = true

        func connect(
            _ candidates: [PeerCandidate],
            _ shard: Shard,
            _ done: @escaping (PeerConnection) -> Void
        ) -> () -> Void {
            asked.append(candidates.map(\.address.description))
            guard answers else { return { self.cancelled += 1 } }
            let opens = opens > 0
            self.opens -= 1
            let transport = opens ? PipeTransport.pair(shard, shard).0 : nil
            if let transport { given.append(transport) }
            let failed = candidates.map { candidate in
                PeerConnection.Attempt(
                    candidate: candidate,
                    began: .zero,
                    took: .zero,
                    end: .failed(NetError("connect", code: 111))
                )
            }
            let connection = PeerConnection(
                transport: transport,
                candidate: opens ? candidates.first : nil,
                attempts: opens ? [] : failed,
                rest: opens ? Array(candidates.dropFirst()) : [],
                took: .zero
            )
            shard.submit { [done = Sent(done)] in done.value(connection) }
            return { self.cancelled += 1 }
        }
    }

    private struct Sent: @unchecked Sendable {
        // Stays on the one shard.
        let value: (PeerConnection) -> Void

        init(_ value: @escaping (PeerConnection) -> Void) {
            self.value = value
        }
    }

    private final class Ends: Sendable {
        let list = Mutex<[PeerDial]>([])

        var words: [String] {
            list.withLock { ends in
                ends.map { end in
                    switch end {
                    case .connected(_, let isDirect, let address):
                        "\(address)\(isDirect ? " direct" : "")"
                    case .failed(.unreachable(let condition, _)): condition.rawValue
                    case .failed(let fault): "\(fault)"
                    }
                }
            }
        }
    }

    private struct Cast {
        let shard: Shard
        let dialler: DNSDialler
        let door: Door
        let ends: Ends

        func dial(_ domain: String) async -> any PeerAttempt {
            await shard.run { [dialler, shard, ends] in
                dialler.dial(JID(prepared: nil, domain), on: shard, isFresh: false) { end in
                    ends.list.withLock { $0.append(end) }
                }
            }
        }

        /// Dials, and waits for what comes of it.
        func dialled(_ domain: String) async -> any PeerAttempt {
            let count = ends.list.withLock { $0.count }
            let attempt = await dial(domain)
            while ends.list.withLock({ $0.count }) == count { await shard.settle() }
            return attempt
        }
    }

    private func withDialler(
        _ places: [String: PeerOverride] = [:],
        _ body: (Cast) async throws -> Void
    ) async throws {
        let shard = Shard(index: 0)
        shard.start()
        let door = Door()
        var configuration = DNSConfiguration()
        configuration.servers = .these([.loopback(port: 1)])
        // All of a process have one: as the tests of the DNS do.
        configuration.retryTime = .seconds(11)
        let resolver = try DNSResolver(on: shard, configuration)
        var policy = PeerPolicy()
        policy.refusesLocalAddresses = true
        let dialler = DNSDialler(
            PeerFinder(resolver, policy: policy),
            override: { places[$0.domainpart] },
            connect: { door.connect($0, $1, $2) }
        )
        try await body(Cast(shard: shard, dialler: dialler, door: door, ends: Ends()))
        await shard.run {
            for transport in door.given { transport.close(afterFlush: false, within: .zero) }
            resolver.close()
        }
        await shard.stop()
    }

    @Test func `goes where the settings say`() async throws {
        let place = PeerOverride(host: "192.0.2.7", port: 5270, security: .directTLS)
        try await withDialler(["capulet.example": place]) { cast in
            cast.door.opens = 1
            _ = await cast.dialled("capulet.example")
            #expect(cast.ends.words == ["192.0.2.7:5270 direct"])
        }
    }

    @Test func `has a timeout for a server that the settings name and that is not there`()
        async throws
    {
        try await withDialler(["capulet.example": PeerOverride(host: "192.0.2.7")]) { cast in
            _ = await cast.dialled("capulet.example")
            #expect(cast.ends.words == ["remote-server-timeout"])
        }
    }

    @Test func `finds no server where nobody answers at the domain's own address`() async throws {
        try await withDialler { cast in
            _ = await cast.dialled("8.8.8.7")
            #expect(cast.ends.words == ["remote-server-not-found"])
            #expect(cast.door.asked == [["8.8.8.7:5269"]])
        }
    }

    @Test func `refuses addresses of its own network`() async throws {
        try await withDialler { cast in
            _ = await cast.dialled("127.0.0.1")
            #expect(cast.ends.words == ["remote-server-not-found"])
            #expect(cast.door.asked.isEmpty)
        }
    }

    @Test func `has no other place to try than those that are left`() async throws {
        try await withDialler(["capulet.example": PeerOverride(host: "192.0.2.7")]) { cast in
            cast.door.opens = 1
            let attempt = await cast.dialled("capulet.example")
            let hasNext = await cast.shard.run { attempt.tryNext() }
            #expect(!hasNext)
        }
    }

    @Test func `says nothing when it is given up`() async throws {
        try await withDialler(["capulet.example": PeerOverride(host: "192.0.2.7")]) { cast in
            cast.door.answers = false
            let early = await cast.dial("capulet.example")
            await cast.shard.run { early.giveUp() }
            let attempt = await cast.dial("capulet.example")
            while await cast.shard.run({ cast.door.asked.isEmpty }) { await cast.shard.settle() }
            await cast.shard.run { attempt.giveUp() }
            let hasNext = await cast.shard.run { attempt.tryNext() }
            #expect(!hasNext)
            await cast.shard.settle()
            #expect(cast.ends.words == [])
            #expect(cast.door.asked.count <= 2)
            #expect(cast.door.cancelled >= 1)
        }
    }

    @Test(arguments: [
        ([PeerCandidate.Origin.domain, .domain], [5269, 5269], true),
        ([.domain, .override], [5269, 5269], false),
        ([.literal], [5269], true),
        ([.domain], [5270], false),
    ])
    func `tells a domain without XMPP from a server that is away`(
        origins: [PeerCandidate.Origin],
        ports: [UInt16],
        isDomainAlone: Bool
    ) {
        let candidates = zip(origins, ports).compactMap { origin, port in
            SocketAddress("192.0.2.1", port: port).map {
                PeerCandidate(
                    address: $0,
                    security: .startTLS,
                    host: "capulet.example",
                    origin: origin,
                    isSecure: false
                )
            }
        }
        let areOfDomain = candidates.allSatisfy { $0.isOfDomain }
        #expect(areOfDomain == isDomainAlone)
    }

    @Test func `says what each place answered, the first of them`() {
        let attempts = (1...6).compactMap { SocketAddress("192.0.2.\($0)", port: 5269) }.map {
            PeerConnection.Attempt(
                candidate: PeerCandidate(
                    address: $0,
                    security: .startTLS,
                    host: "h",
                    origin: .domain,
                    isSecure: false
                ),
                began: .zero,
                took: .zero,
                end: .failed(NetError("connect", code: 111))
            )
        }
        let text = S2SFault.noAnswer(attempts, isDomainAlone: true).description
        #expect(text.contains("192.0.2.4:5269"))
        #expect(!text.contains("192.0.2.5"))
    }
}

extension Shard {
    /// Does `body` on the shard's thread and returns what it made.
    fileprivate func run<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
        await withCheckedContinuation { continuation in
            submit { continuation.resume(returning: body()) }
        }
    }
}
