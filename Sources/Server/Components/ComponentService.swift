import Logging
import MartletCore
import MartletCrypto
import MartletDNS
import MartletNet
import MartletRouter
import MartletStreams
import MartletXML
import Synchronization

/// What all components of the server share (XEP-0114).
final class ComponentService: Sendable {
    private struct State {
        var limits: C2SLimits
        var components: [String: ComponentSettings]
        var routes: [String: ComponentRoute] = [:]
    }

    let router: Router
    let log: Logger
    let streams: LiveStreams<ComponentConnection>
    /// Connections that have not shown a secret, by address.
    private let strangers: ConnectionCounter
    /// For lines about them.
    let valve = LogValve()
    /// What direct TLS goes by now, as for clients; nil when there is none.
    let tls: @Sendable () -> TLSContext?
    private let state: Mutex<State>

    /// Components may come to the domains of `settings`, and the router leads to them.
    ///
    /// `parsers` are those of all streams (`C2SService.streams.parsers`).
    init(
        router: Router,
        settings: ServerSettings,
        parsers: ParserPools,
        tls: @escaping @Sendable () -> TLSContext? = { nil },
        log: Logger
    ) {
        self.router = router
        self.tls = tls
        self.log = log
        streams = LiveStreams(on: router.homes.map(\.shard), parsers: parsers)
        strangers = ConnectionCounter(limit: settings.clients.strangersPerAddress)
        state = Mutex(State(limits: settings.clients, components: [:]))
        adopt(settings)
    }

    /// Goes by other settings from now on: components that are gone from them are sent away with
    /// `host-gone`, the others stay.
    ///
    /// A domain of the server's that is also a component's here stays the server's.
    func adopt(_ settings: ServerSettings) {
        let own = Set(settings.domains.map(\.name))
        let wanted = settings.components.filter { !own.contains($0.key) }
        let (routes, gone) = state.withLock { state in
            let gone = state.routes.filter { wanted[$0.key] == nil }
            state.limits = settings.clients
            state.components = wanted
            state.routes = wanted.reduce(into: [:]) { routes, component in
                let route = state.routes[component.key] ?? makeRoute(component.value)
                route.adopt(component.value)
                routes[component.key] = route
            }
            return (state.routes, gone)
        }
        router.replaceComponents(
            routes.reduce(into: [:]) { table, entry in
                guard let domain = try? JID(entry.key) else { return }
                table[domain] = entry.value
            }
        )
        for route in gone.values { route.close(StreamError(.hostGone)) }
    }

    private func makeRoute(_ settings: ComponentSettings) -> ComponentRoute {
        let router = router
        return ComponentRoute(settings, on: router.homes.map(\.shard)) { stanza, error in
            router.bounce(stanza, error)
        }
    }

    var limits: C2SLimits { state.withLock { $0.limits } }

    /// What serves a component's domain, and what it goes by; nil when it is a component's no more.
    func seat(of domain: JID) -> (route: ComponentRoute, settings: ComponentSettings)? {
        state.withLock { state in
            let name = domain.domainpart
            guard let route = state.routes[name], let settings = state.components[name] else {
                return nil
            }
            return (route, settings)
        }
    }

    func makeMachine() -> ComponentMachine {
        ComponentMachine(makeID: { Random.token() }) { [self] name in host(named: name) }
    }

    private func host(named name: String) -> ComponentHost? {
        let found = state.withLock { state in
            state.components[name].map { ($0.secret.bytes, state.routes[name]) }
        }
        guard let (secret, route) = found, let domain = try? JID(name) else { return nil }
        return ComponentHost(domain: domain, secret: secret, isTaken: route?.isTaken ?? false)
    }

    /// Takes a connection that a listener accepted; on the shard that accepted it.
    func accept(
        _ transport: Transport,
        on terms: ComponentListenerTerms = ComponentListenerTerms()
    ) {
        guard terms.admits(transport.peerAddress) else {
            let peer: Logger.Metadata = ["peer": "\(transport.peerAddress)"]
            let words: Logger.Message = "a component came without TLS, and from no private network"
            valve.log(.notice, words, peer, to: log, at: transport.shard.now)
            return transport.close(afterFlush: false, within: .zero)
        }
        guard let stranger = strangers.admit(transport.peerAddress) else {
            let peer: Logger.Metadata = ["peer": "\(transport.peerAddress)"]
            valve.log(.notice, "too many strangers", peer, to: log, at: transport.shard.now)
            return transport.close(afterFlush: false, within: .zero)
        }
        let connection = ComponentConnection(
            transport,
            of: self,
            terms: terms,
            stranger: stranger
        )
        connection.assumeIsolated { $0.begin() }
    }

    /// Returns what waits for components, and keeps nothing waiting from now on; streams stay.
    func stopWaiting() {
        for route in state.withLock({ Array($0.routes.values) }) { route.stopWaiting() }
    }

    /// Ends every stream, and returns what waits for components; returns when all are gone.
    func closeAll(_ error: StreamError) async {
        for route in state.withLock({ Array($0.routes.values) }) { route.close(error) }
        await streams.closeAll(error) { $0.shutDown(error) }
        // It keeps them, and they keep it.
        router.replaceComponents([:])
    }
}

extension ComponentListenerTerms {
    /// Whether one at that address may come: without TLS nobody from the open network, wherever the
    /// listener is.
    func admits(_ peer: SocketAddress) -> Bool {
        isDirect || peer.isLoopback || (isInsecure && peer.reach == .local)
    }
}

extension ComponentSettings {
    /// What a component that serves may send; the rest of the limits is as for clients.
    func xmlLimits(_ clients: C2SLimits) -> XMLLimits {
        var limits = clients.afterLogin
        limits.stanzaBytes = stanzaBytes
        return limits
    }
}
