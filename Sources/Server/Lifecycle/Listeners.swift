import Logging
import MartletNet

/// Those who take connections.
struct Takers: Sendable {
    let clients: C2SService
    /// Nil in a server that keeps to itself.
    let servers: S2SService?
    let components: ComponentService

    init(_ clients: C2SService, _ servers: S2SService?, _ components: ComponentService) {
        self.clients = clients
        self.servers = servers
        self.components = components
    }

    /// Who takes those of a listener.
    func taker(of listener: ListenerSettings) throws(AdminFault) -> @Sendable (Transport) -> Void {
        switch listener.terms {
        case .clients(let terms): return { [clients] in clients.accept($0, on: terms) }
        case .servers(let terms):
            guard let servers else { break }
            return { servers.accept($0, on: terms) }
        case .components(let terms): return { [components] in components.accept($0, on: terms) }
        }
        throw AdminFault(
            "\(listener.address) is for \(listener.terms.words), which this server does not serve"
        )
    }
}

/// Where the server takes connections, while it runs.
struct Listeners: Sendable {
    private let open: [Listener]

    var addresses: [SocketAddress] { open.map(\.address) }

    /// - Throws: `AdminFault` with the address that cannot be had, or is for those whom this server does
    ///   not take; then none is open.
    static func open(
        _ settings: ServerSettings,
        for takers: Takers,
        on shards: [Shard],
        log: Logger
    ) async throws -> Listeners {
        var options = Listener.Options()
        options.counter = ConnectionCounter(limit: settings.connectionsPerAddress)
        options.writeLimits.maximum = settings.writeBufferBytes
        let wanted = try settings.listeners.map {
            ($0.address, try takers.taker(of: $0))
        }
        var listeners: [Listener] = []
        for (address, take) in wanted {
            do {
                let listener = try await Listener.listen(
                    on: shards,
                    at: address,
                    options: options,
                    report: { report($0, log) },
                    accepted: take
                )
                listeners.append(listener)
            } catch {
                for listener in listeners { await listener.close() }
                throw AdminFault("\(error)")
            }
        }
        return Listeners(open: listeners)
    }

    private static func report(_ event: Listener.Event, _ log: Logger) {
        switch event {
        case .refused(let address):
            log.notice("connection refused", metadata: ["peer": "\(address)"])
        case .exhausted(let code):
            log.error("no descriptor for another connection", metadata: ["errno": "\(code)"])
        }
    }

    func close() async {
        for listener in open { await listener.close() }
    }
}
