public import Logging
import MartletCore
import MartletCrypto
import MartletIM
import MartletNet
import MartletRouter
import MartletSASL
public import MartletStorage
import MartletStreams
import MartletXML
public import ServiceLifecycle

/// The server: shards, homes, listeners and what joins them.
///
/// `run` starts it and returns when it was told to stop and has: nothing of it outlives the call.
public final class MartletServer: Service {
    public let store: any Store
    let shards: [Shard]
    let router: Router
    let clients: C2SService
    let log: Logger
    private let domains: DomainFactory
    private let configuration: Current<Configuration>

    /// Builds the server; nothing listens yet.
    ///
    /// - Throws: `ConfigError` or `StorageError` when it could not run like this.
    public init(_ configuration: Configuration, store: any Store, log: Logger) async throws {
        self.store = store
        self.log = log
        self.configuration = Current(configuration)
        domains = DomainFactory()
        let count = configuration.shards > 0 ? configuration.shards : Processors.count
        shards = (0..<count).map { Shard(index: $0) }
        for shard in shards { shard.start() }
        router = Router(
            shards: shards,
            store: store,
            domains: try domains.makeDomains(configuration)
        )
        let secret = try await ServerSecret.load(from: store)
        clients = C2SService(
            router: router,
            accounts: Accounts(
                store: store,
                decoy: ScramDecoy(
                    secret: secret,
                    iterations: configuration.authentication.iterations
                )
            ),
            throttle: SharedThrottle(configuration.throttlePolicy),
            settings: try C2SSettings(configuration, log: log),
            log: log
        )
    }

    /// Listens, serves, and on cancellation or graceful shutdown drains (RFC 6120 §4.9.3.20).
    public func run() async throws {
        let listeners = try await Listeners.open(configuration.value, for: self)
        let admin = try AdminSocket.open(at: configuration.value.admin.socket, for: self)
        log.info(
            "ready",
            metadata: [
                "addresses": "\(listeners.addresses.map(\.description).joined(separator: " "))",
                "domains": "\(router.domains.all.count)",
                "shards": "\(shards.count)",
            ]
        )
        await untilShutdown()
        await admin?.close()
        await listeners.close()
        await drain()
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
    private func drain() async {
        let limit = Duration.seconds(configuration.value.shutdownSeconds)
        log.info("stopping", metadata: ["streams": "\(clients.connectionCount)"])
        await Deadline.within(limit) { [clients, router] in
            await clients.closeAll(StreamError(.systemShutdown))
            for home in router.homes { await home.drained() }
        }
        for shard in shards { await shard.stop() }
        await store.close()
        log.info("stopped")
    }

    /// Takes over another configuration without disturbing whose settings stay.
    ///
    /// - Returns: the keys whose change waits for a restart.
    /// - Throws: `ConfigError`; then nothing has changed.
    @discardableResult
    public func reload(_ new: Configuration) throws -> [String] {
        let settings = try C2SSettings(new, log: log)
        let changes = new.changes(from: configuration.value)
        router.replaceDomains(try domains.makeDomains(new))
        clients.current = settings
        configuration.value = new
        log.info(
            "configuration reloaded",
            metadata: [
                "added": "\(changes.addedDomains.count)",
                "removed": "\(changes.removedDomains.count)",
            ]
        )
        return changes.needingRestart
    }
}
