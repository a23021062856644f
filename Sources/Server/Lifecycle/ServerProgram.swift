import Logging
import MartletStorage
import ServiceLifecycle
import UnixSignals

/// The server as a program runs it: from a configuration file, until a signal ends it.
public struct ServerProgram: Sendable {
    private let configuration: Configuration
    private let path: String

    /// Takes a configuration and the file it came from, which is read again on SIGHUP.
    ///
    /// The process is that part of the server; `join` takes the place of `services.join`.
    public init(
        _ configuration: Configuration,
        path: String,
        role: ServerRole = .whole,
        join: HostAndPort? = nil
    ) {
        var configuration = configuration
        configuration.settings.role = role
        if let join { configuration.settings.services.join = join }
        self.configuration = configuration
        self.path = path
    }

    /// Serves until SIGTERM or SIGINT; returns when everything has come to its end.
    public func run() async throws {
        try configuration.settings.checkRole()
        let (format, level) = (configuration.logFormat, configuration.logLevel)
        let log = Logger(label: "martlet") { label in
            var handler = LineLogHandler(label: label, format: format)
            handler.logLevel = level
            return handler
        }
        let server = try await makeServer(log)
        var lifecycle = ServiceGroupConfiguration(
            services: [
                .init(service: server, successTerminationBehavior: .gracefullyShutdownGroup),
                .init(
                    service: Reloader(server: server, log: log),
                    successTerminationBehavior: .ignore
                ),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
        )
        lifecycle.maximumGracefulShutdownDuration =
            configuration.settings.shutdownTime + .seconds(5)
        try await ServiceGroup(configuration: lifecycle).run()
    }

    private func makeServer(_ log: Logger) async throws -> MartletServer {
        let store = try await configuration.openStore(log: log)
        let current = Current(configuration)
        do {
            return try await MartletServer(configuration.settings, store: store, log: log) {
                [path] in
                let new = try Configuration.load(path: path)
                tell(new.changes(from: current.value), log)
                current.value = new
                return new.settings
            }
        } catch {
            await store.close()
            throw error
        }
    }
}

/// Says what a configuration that was read again changes, and what of it waits for a restart.
private func tell(_ changes: ConfigurationChanges, _ log: Logger) {
    log.info(
        "configuration read",
        metadata: [
            "added": "\(changes.addedDomains.count)",
            "removed": "\(changes.removedDomains.count)",
            "changed": "\(changes.changedDomains.count)",
            "keys": "\(changes.keys.joined(separator: " "))",
        ]
    )
    guard !changes.keysThatNeedRestart.isEmpty else { return }
    let keys = changes.keysThatNeedRestart.joined(separator: " ")
    log.warning("some changes wait for a restart", metadata: ["keys": "\(keys)"])
}

/// Reads the configuration again on SIGHUP; a faulty one is told in the log and changes nothing.
private struct Reloader: Service {
    let server: MartletServer
    let log: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                try await server.reload(try await server.rereadSettings())
            } catch {
                log.error("the configuration stays as it was", metadata: ["error": "\(error)"])
            }
        }
    }
}
