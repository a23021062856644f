import Logging
import MartletCore
import MartletCrypto
import MartletDNS
import MartletNet
import MartletRouter
import MartletStreams
import MartletXML
import Synchronization

/// What all streams between servers share.
final class S2SService: Sendable {
    let router: Router
    let log: Logger
    let streams: LiveStreams<S2SConnection>
    /// Incoming streams on which nothing is proved, by address.
    let strangers: ConnectionCounter
    /// For lines about them.
    let valve = LogValve()
    let verifications: VerifyQuota
    /// Incoming streams on which something is proved, by whom.
    let seats = PeerSeats()
    /// Pings by whose answers streams without acknowledgements know what arrived.
    let echoes = S2SEchoes()
    private let secret: DialbackSecret
    private let terms: Mutex<S2STerms>
    /// The pools of all shards, once they are made.
    private let pools = Mutex<[any PeerPool]>([])

    init(
        router: Router,
        terms: S2STerms,
        secret: DialbackSecret,
        parsers: ParserPools,
        log: Logger
    ) {
        self.router = router
        self.log = log
        self.secret = secret
        self.terms = Mutex(terms)
        let limits = terms.settings.limits
        strangers = ConnectionCounter(limit: limits.strangersPerAddress)
        verifications = VerifyQuota(perMinute: limits.verifiesPerAddressPerMinute)
        streams = LiveStreams(on: router.homes.map(\.shard), parsers: parsers)
    }

    /// Joins it to the pools, one a shard; before the first stream.
    func join(_ pools: [any PeerPool]) {
        self.pools.withLock { $0 = pools }
    }

    /// What new streams and new steps of negotiation go by.
    var now: S2STerms { terms.withLock { $0 } }
    var current: S2SSettings { now.settings }

    /// Goes by other settings from now on; streams with peers that are no longer admitted end.
    func adopt(_ new: S2STerms) async {
        terms.withLock { $0 = new }
        for place in streams.places { await place.visit { $0.judgeAnew() } }
        for pool in pools.withLock({ $0 }) { pool.post(.readjust) }
    }

    /// The pool that streams with a peer's domain belong to: one for all pairs of the domain.
    ///
    /// Nil before `join`, and once the server stops.
    func pool(of peer: JID) -> (any PeerPool)? {
        pools.withLock { pools in
            if pools.isEmpty { return nil }
            return pools[Int(truncatingIfNeeded: peer.domainHash % UInt64(pools.count))]
        }
    }

    /// Takes a connection that a listener accepted; on the shard that accepted it.
    func accept(_ transport: Transport, on terms: S2SListenerTerms) {
        guard let stranger = strangers.admit(transport.peerAddress) else {
            let peer: Logger.Metadata = ["peer": "\(transport.peerAddress)"]
            valve.log(.notice, "too many strangers", peer, to: log, at: transport.shard.now)
            return transport.close(afterFlush: false, within: .zero)
        }
        let stream = S2SConnection(transport, of: self, terms: terms, stranger: stranger)
        stream.assumeIsolated { $0.begin() }
    }

    /// Begins to negotiate over a connection to a peer; on its shard.
    func open(
        _ transport: Transport,
        _ order: S2SLinkOrder,
        pool: any PeerPool
    ) -> any PeerLink {
        let stream = S2SConnection(transport, order, of: self, pool: pool)
        stream.assumeIsolated { $0.begin() }
        return stream
    }

    /// Ends every stream; returns when all are gone.
    func closeAll(_ error: StreamError) async {
        await streams.closeAll(error) { $0.shutDown(error) }
    }
}

// MARK: What streams are made of

extension S2SService {
    func makeEdge(_ transport: Transport, isDialled: Bool) -> StreamEdge {
        let limits = current.limits
        let now = transport.shard.now
        return StreamEdge(
            transport,
            parser: StreamParser(
                pool: streams.parsers[transport.shard],
                limits: isDialled ? .calledPeer : .preAuthentication
            ),
            bytes: TokenBucket(rate: limits.bytesPerSecond, burst: limits.burstBytes, now: now),
            stanzas: TokenBucket(
                rate: limits.stanzasPerSecond,
                burst: limits.burstStanzas,
                now: now
            )
        )
    }

    func makeIncomingMachine() -> S2SIncomingMachine {
        S2SIncomingMachine(
            secret: secret,
            limits: current.limits.pairs,
            makeID: { Hex.encode(Random.bytes(16)) },
            hosts: { [self] in host(named: $0) }
        )
    }

    /// One that is not for stanzas does without what those need.
    func makeOutgoingMachine(
        for pair: DomainPair,
        isForStanzas: Bool = true
    ) -> S2SOutgoingMachine {
        let terms = now
        var options = S2SOutgoingMachine.Options()
        options.isBidirectional = isForStanzas && terms.settings.isBidirectional
        options.isManaged = isForStanzas && terms.settings.hasStreamManagement
        return S2SOutgoingMachine(
            pair: pair,
            trust: trust(of: pair.sender, in: pair.target),
            hasCertificate: terms.tls.hasCertificate(for: pair.sender),
            secret: secret,
            options: options,
            limits: terms.settings.limits.pairs,
            hosts: { [self] in host(named: $0) }
        )
    }

    /// What one of our names asks of a peer: a service's or component's is asked as the domain above it.
    func trust(of ours: JID, in peer: JID?) -> PeerTrust {
        let owner = router.domains.domain(owning: ours)?.jid ?? ours.domain
        return now.policies.trust(of: owner, in: peer)
    }

    /// Where the settings say that a peer's server is.
    func place(of peer: JID) -> PeerOverride? {
        guard let named = current.peers[peer.domainpart], let address = named.address else {
            return nil
        }
        return PeerOverride(
            host: address,
            port: named.port,
            security: named.usesDirectTLS ? .directTLS : .startTLS
        )
    }

    private func host(named name: String) -> S2SHost? {
        guard let jid = try? JID(name), jid.isDomain, router.domains.hosts(jid) else { return nil }
        let terms = now
        return S2SHost(
            domain: jid,
            hasTLS: terms.tls.server != nil,
            offersBidi: terms.settings.isBidirectional,
            offersStreamManagement: terms.settings.hasStreamManagement,
            stanzaByteLimit: terms.settings.limits.stanzaBytes,
            trust: { [self] in trust(of: jid, in: $0) }
        )
    }
}

/// What may change on reload.
struct S2STerms: Sendable {
    let settings: S2SSettings
    let policies: PeerPolicies
    let tls: S2STLS

    /// They replace `previous`, if there is one.
    ///
    /// - Throws: what cannot be used of the certificates, or of the authorities' file.
    init(
        _ settings: ServerSettings,
        certificates: ServerCertificates,
        after previous: S2STerms? = nil
    ) throws {
        self.settings = settings.s2s
        policies = PeerPolicies(settings.s2s, domains: settings.domains)
        tls = try S2STLS(settings, certificates: certificates, after: previous?.tls)
    }
}

extension S2SLimits {
    /// For a peer that has proved something.
    var parserLimits: XMLLimits { XMLLimits(stanzaBytes: stanzaBytes) }
}

extension XMLLimits {
    /// For a server that we called, before we are through with it: features may be many.
    static let calledPeer = XMLLimits(stanzaBytes: 32_768, depth: 16, elements: 256)
}
