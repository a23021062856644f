import Logging
import MartletStorage
import ServiceLifecycle
import UnixSignals

/// The server as a program runs it: from a configuration file, until a signal ends it.
public struct ServerProgram: Sendable {
    private let configuration: Configuration
    private let path: String

    /// Takes a configuration and the file it came from, which is read again on SIGHUP.
    public init(_ configuration: Configuration, path: String) {
        self.configuration = configuration
        self.path = path
    }

    /// Serves until SIGTERM or SIGINT; returns when everything has come to its end.
    public func run() async throws {
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
        let store = try await configuration.openStore()
        do {
            return try await MartletServer(configuration.settings, store: store, log: log) {
                [path] in
                try Configuration.load(path: path).settings
            }
        } catch {
            await store.close()
            throw error
        }
    }
}

/// Reads the configuration again on SIGHUP; a faulty one is told in the log and changes nothing.
private struct Reloader: Service {
    let server: MartletServer
    let log: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                try server.reload(try await server.rereadSettings())
            } catch {
                log.error("the configuration stays as it was", metadata: ["error": "\(error)"])
            }
        }
    }
}
