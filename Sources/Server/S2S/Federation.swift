import Logging
import MartletCore
import MartletCrypto
import MartletDNS
import MartletNet
import MartletRouter
import MartletStreams

/// All that a server has for meeting others: how they are found, the ways to them, and the streams.
final class Federation: Sendable {
    let service: S2SService
    let pools: [S2SPool]
    let failures: PeerFailures
    let dialler: any PeerDialler
    private let resolver: DNSResolver?

    /// What it stands on.
    struct Base {
        let certificates: ServerCertificates
        /// The server's, from which that of dialback is made where the settings name none.
        let secret: [UInt8]
        let router: Router
        let parsers: ParserPools
        let log: Logger

        init(
            _ certificates: ServerCertificates,
            _ secret: [UInt8],
            _ router: Router,
            _ parsers: ParserPools,
            _ log: Logger
        ) {
            self.certificates = certificates
            self.secret = secret
            self.router = router
            self.parsers = parsers
            self.log = log
        }
    }

    /// What the settings ask for: nil for a server that keeps to itself.
    static func join(
        _ settings: ServerSettings,
        on base: Base,
        dialler: (any PeerDialler)?
    ) throws -> Federation? {
        settings.s2s.isEnabled ? try Federation(settings, on: base, dialler: dialler) : nil
    }

    /// Joins a router to other servers, which are found by the DNS unless there is a dialler.
    ///
    /// - Throws: what cannot be used of the settings for name servers, or of the certificates.
    private init(
        _ settings: ServerSettings,
        on base: Base,
        dialler: (any PeerDialler)?
    ) throws {
        let service = S2SService(
            router: base.router,
            terms: try S2STerms(settings, certificates: base.certificates),
            secret: Self.dialbackSecret(settings.s2s, base.secret),
            parsers: base.parsers,
            log: base.log
        )
        self.service = service
        let failures = PeerFailures()
        self.failures = failures
        let shards = base.router.homes.map(\.shard)
        if let dialler {
            resolver = nil
            self.dialler = dialler
            pools = Self.pools(on: shards, dialler, service, failures)
        } else {
            let resolver = try Self.resolver(settings.s2s, on: shards[0], base.log)
            self.resolver = resolver
            let finder = PeerFinder(resolver, policy: Self.policy(settings.s2s))
            let byNames = DNSDialler(finder, override: { service.place(of: $0) })
            self.dialler = byNames
            pools = Self.pools(on: shards, byNames, service, failures)
        }
        service.join(pools)
        base.router.connect(elsewhere: S2SRoute(pools))
    }

    private static func dialbackSecret(
        _ settings: S2SSettings,
        _ secret: [UInt8]
    ) -> DialbackSecret {
        let own = HashFunction.sha256.hmac(key: secret, Array("dialback".utf8))
        return DialbackSecret(settings.dialbackSecret?.bytes ?? own)
    }

    private static func resolver(
        _ settings: S2SSettings,
        on shard: Shard,
        _ log: Logger
    ) throws -> DNSResolver {
        var configuration = DNSConfiguration()
        if !settings.nameServers.isEmpty {
            let servers = try settings.nameServers.map { text in
                guard let address = SocketAddress(nameServer: text) else {
                    throw AdminFault("\(text) is not the address of a name server")
                }
                return address
            }
            configuration.servers = .these(servers)
        }
        configuration.trustAnchors = settings.trustAnchors
        let resolver: DNSResolver
        do {
            resolver = try DNSResolver(on: shard, configuration)
        } catch {
            throw AdminFault("no other server can be looked up: \(error)")
        }
        for complaint in resolver.complaints { log.warning("\(complaint)") }
        return resolver
    }

    private static func policy(_ settings: S2SSettings) -> PeerPolicy {
        var policy = PeerPolicy()
        policy.refusesLocalAddresses = !settings.allowsPrivateAddresses
        return policy
    }

    private static func pools(
        on shards: [Shard],
        _ dialler: any PeerDialler,
        _ service: S2SService,
        _ failures: PeerFailures
    ) -> [S2SPool] {
        let router = service.router
        let terms = S2SPoolTerms(
            dialler: dialler,
            makeLink: { service.open($0, $1, pool: $2) },
            bounce: { stanza, error, _ in router.bounce(stanza, error) },
            isOurs: { router.domains.hosts($0) },
            admits: { service.trust(of: $0.sender, in: $0.target).isAdmitted },
            limits: { service.current.limits },
            budget: S2SBudget(),
            failures: failures,
            log: service.log
        )
        return shards.map { S2SPool(on: $0, terms) }
    }

    /// Has all that waits for peers arrive, or go back to its senders.
    func settle(within limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            for pool in pools { group.addTask { await pool.settle(within: limit) } }
        }
    }

    /// Takes nothing more, and ends the streams, whose pools return what these give back.
    func end() async {
        for pool in pools { await pool.stop() }
        await service.closeAll(StreamError(.systemShutdown))
    }

    /// Ends the streams, and what was found of peers.
    func close() async {
        await service.closeAll(StreamError(.systemShutdown))
        service.router.connect(elsewhere: nil)
        service.join([])
        await resolver?.close()
    }
}
