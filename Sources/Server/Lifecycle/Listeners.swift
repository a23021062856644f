import Logging
import MartletNet

/// Where the server takes connections, while it runs.
struct Listeners: Sendable {
    private let open: [Listener]

    var addresses: [SocketAddress] { open.map(\.address) }

    /// - Throws: `AdminFault` with the address that cannot be had; then none is open.
    static func open(
        _ settings: ServerSettings,
        for service: C2SService,
        on shards: [Shard],
        log: Logger
    ) async throws -> Listeners {
        var options = Listener.Options()
        options.counter = ConnectionCounter(limit: settings.connectionsPerAddress)
        options.writeLimits.maximum = settings.writeBufferBytes
        var listeners: [Listener] = []
        for wanted in settings.listeners {
            do {
                let listener = try await Listener.listen(
                    on: shards,
                    at: wanted.address,
                    options: options,
                    report: { report($0, log) },
                    accepted: { service.accept($0, on: wanted.terms) }
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
