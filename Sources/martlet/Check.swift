import ArgumentParser
import MartletServer

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what is wrong with the configuration, the certificates and the store.",
        discussion: "Changes nothing. Ends with status 1 if the server would not start."
    )

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration = try options.load()
        let report = await Inspection(of: configuration).report()
        for line in report.lines { print(line) }
        guard report.isSound else { throw ExitCode.failure }
    }
}
