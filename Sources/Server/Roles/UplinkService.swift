import Logging
import MartletCore
import MartletNet
import MartletRouter
import MartletXML
import Synchronization

/// What joins the process of the services to the main one: an uplink for each domain served here.
final class UplinkService: Sendable {
    private struct State {
        var settings: ServerSettings
        var uplinks: [String: Uplink] = [:]
    }

    let router: Router
    let log: Logger
    let dialler: any UplinkDialler
    let tls: UplinkTLS?
    let streams: LiveStreams<UplinkConnection>
    /// From 0 to 1.
    let chance: @Sendable () -> Double
    private let state: Mutex<State>

    /// Nothing is dialled before `adopt`.
    ///
    /// `parsers` are those of all streams (`C2SService.streams.parsers`).
    init(
        router: Router,
        settings: ServerSettings,
        parsers: ParserPools,
        dialler: any UplinkDialler,
        tls: UplinkTLS? = nil,
        log: Logger,
        chance: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.router = router
        self.log = log
        self.dialler = dialler
        self.tls = tls
        self.chance = chance
        streams = LiveStreams(on: router.homes.map(\.shard), parsers: parsers)
        state = Mutex(State(settings: settings))
    }

    /// Adopts the first settings.
    ///
    /// - Throws: `AdminFault` when no plugin keeps what is to be served.
    func begin(_ settings: ServerSettings) throws(AdminFault) {
        adopt(settings)
        guard state.withLock({ $0.uplinks.isEmpty }) else { return }
        let names = settings.uplinks.keys.sorted().joined(separator: ", ")
        throw AdminFault(
            names.isEmpty
                ? "there is nothing to serve: no component is kept by a plugin"
                : "there is nothing to serve: no plugin that is at work keeps \(names)"
        )
    }

    /// Dials for the domains of these settings that a plugin keeps, and for no others any more; to be called
    /// when the router has the domains of the same settings.
    func adopt(_ settings: ServerSettings) {
        state.withLock { $0.settings = settings }
        review()
        let served = state.withLock { $0.uplinks }
        for name in settings.uplinks.keys.sorted() where served[name] == nil {
            log.error(
                "no plugin keeps the domain of a component",
                metadata: ["component": "\(name)"]
            )
        }
    }

    /// The same once more, after a plugin registered something.
    func review() {
        let domains = router.domains
        let shards = router.homes.map(\.shard)
        let (uplinks, fresh, gone) = state.withLock { state in
            let before = state.uplinks
            let wanted = state.settings.uplinks
            var fresh: [Uplink] = []
            state.uplinks = [:]
            for name in wanted.keys.sorted() {
                guard let settings = wanted[name], let domain = try? JID(nil, name),
                    domains[name] == nil, domains.domain(owning: domain) != nil
                else { continue }
                if let uplink = before[name] {
                    uplink.adopt(settings)
                    state.uplinks[name] = uplink
                } else {
                    let shard = shards[
                        Int(truncatingIfNeeded: domain.domainHash % UInt64(shards.count))
                    ]
                    let uplink = Uplink(domain, settings, of: self, on: shard)
                    fresh.append(uplink)
                    state.uplinks[name] = uplink
                }
            }
            let gone = before.filter { state.uplinks[$0.key] == nil }
            return (Array(state.uplinks.values), fresh, Array(gone.values))
        }
        router.connect(elsewhere: UplinkRoute(uplinks.map { ($0.domain, $0.route) }, log: log))
        for uplink in gone { uplink.close(StreamError(.hostGone)) }
        for uplink in fresh { uplink.begin() }
    }

    var limits: C2SLimits { state.withLock { $0.settings.clients } }

    /// What the main process may send: whatever it takes from anybody, and the addresses that it stamps.
    var xmlLimits: XMLLimits {
        state.withLock { state in
            var limits = state.settings.clients.afterLogin
            let others = state.settings.components.values.map(\.stanzaBytes)
            limits.stanzaBytes =
                (others + [limits.stanzaBytes, state.settings.s2s.limits.stanzaBytes]).reduce(
                    0,
                    max
                )
                + Self.stampBytes
            return limits
        }
    }

    /// More than two addresses need, with each byte escaped.
    private static let stampBytes = 65_536

    /// Ends every stream, and returns what waits; returns when all are gone.
    func closeAll(_ error: StreamError) async {
        let uplinks = state.withLock { state in
            defer { state.uplinks = [:] }
            return Array(state.uplinks.values)
        }
        for uplink in uplinks { uplink.close(error) }
        await streams.closeAll(error) { $0.shutDown(error) }
        // It keeps them, and they keep it.
        router.connect(elsewhere: nil)
    }
}

/// The way out of the process of the services: what a domain served here sends goes by its uplink.
final class UplinkRoute: StanzaRoute {
    private let routes: [DomainKey: ComponentRoute]
    private let log: Logger
    /// Others' domains that somebody tried to send from, and that was told.
    private let told = Mutex<Set<String>>([])

    init(_ routes: [(domain: JID, route: ComponentRoute)], log: Logger) {
        self.routes = Dictionary(
            routes.map { (DomainKey($0.domain), $0.route) },
            uniquingKeysWith: { $1 }
        )
        self.log = log
    }

    /// What is from the domain above, or an account in it, could not be answered here: it goes nowhere.
    func take(_ stanza: Stanza, on shard: Int) {
        guard let from = stanza.from else { return }
        guard let route = routes[DomainKey(from)] else { return tell(from) }
        route.take(stanza, on: shard)
    }

    /// What was handed over is on its way, in a bounded queue, or returned: nothing is to be waited for.
    func fence(
        _ pair: DomainPair,
        on shard: Int,
        passed: @escaping @Sendable () -> Void
    ) {
        passed()
    }

    private func tell(_ from: JID) {
        let name = from.domainpart
        guard told.withLock({ $0.count < 1_000 && $0.insert(name).inserted }) else { return }
        log.warning(
            "a plugin sent a stanza from a domain that is not served in this process",
            metadata: ["domain": "\(name)"]
        )
    }
}
