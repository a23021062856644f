public import Logging
import MartletCore
import MartletCrypto
public import MartletNet
import MartletPluginHost
import MartletRouter
import MartletSASL
public import MartletStorage
import MartletStreams
import MartletXML
public import ServiceLifecycle
import Synchronization

/// The server: shards, homes, listeners and what joins them.
///
/// `run` serves until it is told to stop and has: nothing of it outlives the call.
public final class MartletServer: Service {
    public let store: any Store
    package let shards: [Shard]
    let router: Router
    let clients: C2SService
    /// What joins it to other servers, unless it keeps to itself.
    let federation: Federation?
    let components: ComponentService
    /// What joins it to the main process, where this is the services' one.
    let uplinks: UplinkService?
    let log: Logger
    let plugins: PluginHost
    let commandSessions: CommandSessions
    /// Held by whoever compiles domains.
    let domainLock = Mutex<Void>(())
    private let settings: Current<ServerSettings>

    /// Reads the settings again, where they come from a file; set by the program.
    let rereadSettings: @Sendable () async throws -> ServerSettings

    /// Builds the server and starts its shards; nothing listens yet.
    ///
    /// The shards' timers go by `clock`; `reread` reads the settings again, when an administrator asks
    /// for a reload.
    ///
    /// - Throws: what in the settings, the certificates or the store makes it impossible.
    public convenience init(
        _ settings: ServerSettings,
        store: any Store,
        log: Logger,
        clock: any ShardClock = MonotonicClock(),
        reread: (@Sendable () async throws -> ServerSettings)? = nil
    ) async throws {
        try await self.init(
            settings,
            store: store,
            log: log,
            clock: clock,
            reread: reread,
            dialler: nil
        )
    }

    /// The same, with peers that are found by `dialler` and not by the DNS, and the main process by
    /// `uplinkDialler` and not over TCP.
    init(
        _ given: ServerSettings,
        store: any Store,
        log: Logger,
        clock: any ShardClock,
        reread: (@Sendable () async throws -> ServerSettings)?,
        dialler: (any PeerDialler)?,
        uplinkDialler: (any UplinkDialler)? = nil
    ) async throws {
        let settings = given.ofRole
        (self.store, self.log) = (store, log)
        self.settings = Current(settings)
        rereadSettings = reread ?? { given }
        let secret = try await ServerSecret.load(from: store)
        let certificates = try ServerCertificates(settings, log: log)
        let terms = try C2SSettings(settings, certificates: certificates)
        let uplinkTLS = try UplinkTLS(given)
        shards = Self.startShards(settings.shards, clock)
        let router = Router(shards: shards, store: store, domains: [])
        self.router = router
        let decoy = ScramDecoy(secret: secret, iterations: settings.iterations)
        var accounts = Accounts(store: store, decoy: decoy)
        let throttle = SharedThrottle(settings.throttle)
        let reference = ServerReference()
        accounts.source = Self.accountSource(reference)
        let services = Self.services(router, accounts, throttle, reference, log)
        let plugins = PluginHost(folders: settings.plugins.folders, services: services)
        self.plugins = plugins
        commandSessions = CommandSessions(clock: clock)
        clients = C2SService(
            router: router,
            accounts: accounts,
            throttle: throttle,
            settings: terms,
            log: log
        )
        components = ComponentService(
            router: router,
            settings: settings,
            parsers: clients.streams.parsers,
            tls: { [clients = self.clients] in clients.tlsContext },
            log: log
        )
        let parsers = clients.streams.parsers
        uplinks = Self.makeUplinks(given, router, parsers, uplinkDialler, uplinkTLS, log)
        var federation: Federation?
        do {
            let base = Federation.Base(certificates, secret, router, parsers, log)
            federation = try Federation.join(settings, on: base, dialler: dialler)
            try Self.makeDomains(settings, plugins, commandSessions, router, log)
            try uplinks?.begin(given)
        } catch {
            await federation?.close()
            await plugins.stopAll()
            for shard in shards { await shard.stop() }
            throw error
        }
        self.federation = federation
        reference.server = self
    }

    private static func startShards(_ count: Int, _ clock: any ShardClock) -> [Shard] {
        let shards = (0..<(count > 0 ? count : Processors.count)).map {
            Shard(index: $0, clock: clock)
        }
        for shard in shards { shard.start() }
        return shards
    }

    private static func makeDomains(
        _ settings: ServerSettings,
        _ plugins: PluginHost,
        _ sessions: CommandSessions,
        _ router: Router,
        _ log: Logger
    ) throws {
        var compiler = DomainCompiler(plugins, sessions)
        router.replaceDomains(try compiler.compile(settings))
        let faults = plugins.faults + compiler.faults
        tell(faults, log)
        try require(settings.plugins.required, of: plugins, but: faults)
        for note in settings.federationNotes { log.notice("\(note)") }
    }

    /// Plugins that check passwords are asked, too.
    private static func accountSource(_ reference: ServerReference) -> Accounts.Source {
        Accounts.Source { domain in
            reference.server?.plugins.knowsAccounts(of: domain) ?? true
        } credentials: { account in
            guard let server = reference.server else { return .failed }
            return await server.plugins.credentials(of: account)
        }
    }

    /// Ends the streams of an account, wherever they are, but for one session's.
    func endStreams(of account: JID, _ error: StreamError, except serial: UInt64 = 0) async {
        await clients.dismiss(account, with: error)
        router.visit(account) { $0.close(sessionsOf: account, with: error, except: serial) }
    }

    /// Listens and serves; on cancellation or graceful shutdown drains and returns.
    public func run() async throws {
        let settings = settings.value
        do {
            let listeners = try await Listeners.open(
                settings,
                for: Takers(clients, federation?.service, components),
                on: shards,
                log: log
            )
            let admin = try settings.adminSocket.map {
                try AdminSocket.open(at: $0, desk: desk, log: log)
            }
            tellReady(listeners)
            await untilShutdown()
            admin?.close()
            await listeners.close()
        } catch {
            await stopShards()
            throw error
        }
        await drain(within: settings.shutdownTime)
    }

    /// Takes one end of a stream that no listener accepted, such as an in-memory pipe.
    package func accept(_ transport: Transport, terms: C2SListenerTerms) {
        transport.shard.submit { self.clients.accept(transport, on: terms) }
    }

    /// Ends all streams and the shards, for a server that was never `run`.
    package func shutDown(within limit: Duration = .seconds(5)) async {
        await drain(within: limit)
    }

    /// Returns when what is due has happened, and what it began is done; for tests that move the clock.
    package func settle() async {
        for shard in shards { await shard.settle() }
        for home in router.homes { await home.drained() }
    }

    private func tellReady(_ listeners: Listeners) {
        log.info(
            "ready",
            metadata: [
                "addresses": "\(listeners.addresses.map(\.description).joined(separator: " "))",
                "domains": "\(router.domains.all.count)",
                "shards": "\(shards.count)",
            ]
        )
    }

    private func untilShutdown() async {
        let (stream, end) = AsyncStream<Void>.makeStream()
        await withTaskCancellationOrGracefulShutdownHandler {
            for await _ in stream {}
        } onCancelOrGracefulShutdown: {
            end.finish()
        }
    }

    /// Ends the streams, then lets what they began come to its end; in bounded time.
    private func drain(within limit: Duration) async {
        let count =
            clients.connectionCount + components.streams.count
            + (federation?.service.streams.count ?? 0) + (uplinks?.streams.count ?? 0)
        log.info("stopping", metadata: ["streams": "\(count)"])
        let isDone = await Deadline.within(limit) { [self] in
            await settleTraffic(within: limit / 4)
            await clients.closeAll(StreamError(.systemShutdown))
            for home in router.homes { await home.endAll() }
            await comeToRest()
            // By now peers are being told who went; what comes back from them has a home yet.
            await federation?.settle(within: limit / 8)
            await federation?.end()
            await comeToRest()
            await components.closeAll(StreamError(.systemShutdown))
            await uplinks?.closeAll(StreamError(.systemShutdown))
            await comeToRest()
            await federation?.close()
            await plugins.stopAll()
        }
        if !isDone { log.warning("not all streams ended in time") }
        await stopShards()
        log.info("stopped")
    }

    /// Has all that clients said arrive elsewhere, or come back while they are there to hear it.
    private func settleTraffic(within limit: Duration) async {
        await clients.stopReading()
        await comeToRest()
        components.stopWaiting()
        await federation?.settle(within: limit)
        await comeToRest()
    }

    /// Lets what is under way between shards come to where it goes: to a pool, back to a home, and from
    /// there to another.
    private func comeToRest() async {
        for _ in 0..<4 { await settle() }
    }

    private func stopShards() async {
        router.dissolve()
        for shard in shards { await shard.stop() }
        await store.close()
    }

    /// Takes over other settings without disturbing those whose own stay.
    ///
    /// - Throws: what makes them impossible; then nothing has changed.
    public func reload(_ given: ServerSettings) async throws {
        let given = given.with(role: settings.value.role)
        let new = given.ofRole
        let certificates = try ServerCertificates(new, log: log)
        let terms = try C2SSettings(new, certificates: certificates, after: clients.current)
        let peers = try federation.map {
            try S2STerms(new, certificates: certificates, after: $0.service.now)
        }
        do {
            try domainLock.withLock { _ in
                var compiler = DomainCompiler(plugins, commandSessions)
                let domains = try compiler.compile(new)
                try Self.require(new.plugins.required, of: plugins, but: compiler.faults)
                Self.tell(compiler.faults, log)
                router.replaceDomains(domains)
            }
        } catch {
            await plugins.retire(except: router.domains.all.compactMap(\.attachment))
            throw error
        }
        clients.adopt(terms)
        components.adopt(new)
        uplinks?.adopt(given)
        if let peers { await federation?.service.adopt(peers) }
        settings.value = new
        await plugins.retire(except: router.domains.all.compactMap(\.attachment))
        log.info("settings reloaded", metadata: ["domains": "\(new.domains.count)"])
    }

    /// How it and its store are, a name and a value a line.
    var status: [String] {
        let own = [
            ["version", Build.version], ["domains", "\(router.domains.all.count)"],
            ["connections", "\(clients.connectionCount)"],
        ]
        return PlainTable.lines(own + store.figures.map { ["store.\($0.name)", $0.value] })
    }

    /// Fulfils administrators' requests in this process.
    var desk: AdminDesk {
        AdminDesk(
            accounts: clients.accounts,
            isServed: { [router] in router.domains[$0] != nil },
            endSessions: { [self] in await endStreams(of: $0, $1) },
            reload: { [self] in
                try await reload(try await rereadSettings())
                return ["reloaded"]
            },
            status: { [self] in status },
            plugins: PluginDesk(plugins: plugins, router: router),
            peers: federation.map { federation in
                S2SDesk(federation: federation) { [settings] in settings.value.domains.first?.name }
            },
            announce: { [router] in router.announce($0, of: $1) }
        )
    }
}
