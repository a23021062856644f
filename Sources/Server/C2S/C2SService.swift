import Logging
import MartletCore
import MartletCrypto
import MartletNet
import MartletRouter
import MartletSASL
import MartletStreams
import MartletXML
import Synchronization

/// What all client connections of the server share.
final class C2SService: Sendable {
    let router: Router
    let accounts: Accounts
    let throttle: SharedThrottle
    let log: Logger
    let lookUps: LookUpLog
    /// Connections that have not logged in, by address.
    let strangers: ConnectionCounter
    /// For lines about them.
    let valve = LogValve()
    let streams: LiveStreams<C2SConnection>
    /// Whether no client that has a session is read from any more.
    let isDeaf = Atomic(false)
    private let settings: Mutex<C2SSettings>
    private let hosts = HostShelf()

    init(
        router: Router,
        accounts: Accounts,
        throttle: SharedThrottle,
        settings: C2SSettings,
        log: Logger
    ) {
        let shards = router.homes.map(\.shard)
        self.router = router
        self.accounts = accounts
        self.throttle = throttle
        self.log = log
        lookUps = LookUpLog(log)
        strangers = ConnectionCounter(limit: settings.limits.strangersPerAddress)
        self.settings = Mutex(settings)
        streams = LiveStreams(on: shards, parsers: ParserPools(shards: shards.count))
    }

    /// What new connections and new steps of negotiation go by.
    var current: C2SSettings { settings.withLock { $0 } }

    /// Goes by other settings from now on.
    func adopt(_ new: C2SSettings) {
        settings.withLock { $0 = new }
        hosts.empty()
    }

    var limits: C2SLimits { current.limits }
    var resumptionLocation: String? { current.resumptionLocation }
    var tlsContext: TLSContext? { current.tls }

    func pool(of shard: Shard) -> ParserPool { streams.parsers[shard] }

    func makeMachine(on listener: C2SListenerTerms) -> C2SMachine {
        C2SMachine(features: .c2s, makeID: { Self.makeToken() }) { [self] name in
            host(named: name, on: listener)
        }
    }

    func makeResource() -> String { Self.makeToken() }

    /// 128 bits from the system's generator, as text.
    static func makeToken() -> String { Random.token() }

    private func host(named name: String, on listener: C2SListenerTerms) -> StreamHost? {
        guard let domain = router.domains[name] else { return nil }
        return hosts.host(of: domain, on: listener) { makeHost(of: domain, on: listener) }
    }

    private func makeHost(of domain: Domain, on listener: C2SListenerTerms) -> StreamHost {
        let settings = current
        var host = StreamHost(
            domain: domain.jid,
            mechanisms: settings.mechanisms(of: domain.name),
            decoy: accounts.decoy,
            allowsPlainWithoutTLS: listener.allowsPlainWithoutTLS,
            hasTLS: settings.tls != nil && listener.tls == .startTLS,
            requiresTLS: !listener.allowsPlainWithoutTLS && listener.tls != .none,
            features: domain.streamFeatures,
            stanzaByteLimit: settings.limits.afterLogin.stanzaBytes,
            idleSeconds: nil
        )
        host.loginFeatures = domain.modules.loginFeatures
        host.consultsModules = domain.modules.hasStreamHandlers
        return host
    }

    /// Takes a connection that a listener accepted; on the shard that accepted it.
    func accept(_ transport: Transport, on listener: C2SListenerTerms) {
        guard let stranger = strangers.admit(transport.peerAddress) else {
            let peer: Logger.Metadata = ["peer": "\(transport.peerAddress)"]
            valve.log(.notice, "too many strangers", peer, to: log, at: transport.shard.now)
            return transport.close(afterFlush: false, within: .zero)
        }
        let connection = C2SConnection(
            transport,
            on: transport.shard,
            of: self,
            terms: listener,
            stranger: stranger
        )
        connection.enter(with: ()) { connection, _ in connection.begin() }
    }

    var places: [StreamPlace<C2SConnection>] { streams.places }

    /// How many connections there are, over all shards.
    var connectionCount: Int { streams.count }

    /// Reads no more of any client that has a session, now or later; what they are told still goes out.
    func stopReading() async {
        isDeaf.store(true, ordering: .releasing)
        for place in places { await place.visit { $0.stopReading() } }
    }

    /// Ends every stream, those too that are on their way between shards; returns when all are gone.
    func closeAll(_ error: StreamError) async {
        await streams.closeAll(error) { $0.shutDown(error) }
    }

    /// Ends the streams of an account that have no session yet, and logins to it that are under way.
    ///
    /// A connection that sets out for the account's home is there before the home is visited.
    func dismiss(_ account: JID, with error: StreamError) async {
        let home = router.home(of: account).shard
        for place in places where place.shard !== home {
            await place.visit { $0.dismiss(account, with: error) }
        }
        await places[home.index].visit { $0.dismiss(account, with: error) }
    }
}

/// What may change on reload.
struct C2SSettings: Sendable {
    var limits: C2SLimits
    var tls: TLSContext?
    /// The same from one reload to the next.
    private let ticketKeys: TLSTicketKeys
    /// Where clients should resume (XEP-0198 §5).
    let resumptionLocation: String?
    private let mechanisms: [String: [SASLMechanismName]]

    /// They replace `previous`, if there is one.
    ///
    /// - Throws: what OpenSSL does not take of the certificates.
    init(
        _ settings: ServerSettings,
        certificates: ServerCertificates,
        after previous: C2SSettings? = nil
    ) throws {
        ticketKeys = previous?.ticketKeys ?? TLSTicketKeys()
        limits = settings.clients
        resumptionLocation = settings.resumptionLocation
        mechanisms = Dictionary(
            settings.domains.map { ($0.name, $0.mechanisms) },
            uniquingKeysWith: { $1 }
        )
        guard let identities = certificates.identities else { return }
        var server = TLSServerSettings(identities: identities)
        if !settings.tls.allowsTLS12 { server.versions = .v1_3 ... .v1_3 }
        server.requestsPeerCertificate = settings.tls.requestsClientCertificates
        if let file = settings.tls.clientAuthorities { server.trust = .file(file) }
        server.ticketKeys = ticketKeys
        tls = try TLSContext(server: server)
    }

    func mechanisms(of domain: String) -> [SASLMechanismName] { mechanisms[domain] ?? [] }
}
