import ArgumentParser
import MartletServer

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server until it is told to stop.",
        discussion: """
            SIGTERM and SIGINT end it: streams are told 'system-shutdown' and flushed. SIGHUP reads the \
            configuration and the certificates again, and disturbs nobody whose settings stay.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration = try options.load()
        do {
            try await ServerProgram(configuration, path: options.config).run()
        } catch {
            throw Complaint("\(error)")
        }
    }
}
