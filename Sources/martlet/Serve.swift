import ArgumentParser
import MartletServer

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server until it is told to stop.",
        discussion: """
            SIGTERM and SIGINT end it: streams are told 'system-shutdown' and flushed. SIGHUP reads the \
            configuration and the certificates again, and disturbs nobody whose settings stay.

            Without a role it is one process. Services that plugins keep under domains of their own can have \
            a process of their own, by the same configuration: 'components' names such a domain, with a \
            secret and "keptByPlugin": true. '--role main' is then all but these domains, and \
            '--role services' these domains alone, joined to the main process by XEP-0114.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "Which part of the server this process is: main or services; without it, all.")
    var role: Role?

    @Option(
        help:
            "Where '--role services' finds the main process (host:port), if not at services.join.",
        transform: HostAndPort.argument
    )
    var join: HostAndPort?

    /// What a process of several may be.
    enum Role: String, ExpressibleByArgument, CaseIterable {
        case main, services

        var role: ServerRole { self == .main ? .main : .services }
    }

    func validate() throws {
        if join != nil, role != .services {
            throw ValidationError("'--join' is for '--role services' alone.")
        }
    }

    func run() async throws {
        let configuration = try options.load()
        do {
            let part = role?.role ?? .whole
            try await ServerProgram(configuration, path: options.config, role: part, join: join)
                .run()
        } catch {
            throw Complaint("\(error)")
        }
    }
}

extension HostAndPort {
    /// Reads a place from the command line.
    ///
    /// - Throws: a sentence that says how one looks.
    static func argument(_ text: String) throws -> HostAndPort {
        guard let place = HostAndPort(text) else {
            throw ValidationError("A host and a port look like 127.0.0.1:5347.")
        }
        return place
    }
}
