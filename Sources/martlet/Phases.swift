import ArgumentParser
import MartletServer

struct Phases: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print which handlers see a stanza at each phase, in their order.",
        discussion: "Of the running server; of one domain."
    )

    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The domain.") var domain = "localhost"

    func run() async throws {
        let domain = domain
        for line in try await options.administer({ try await $0.phases(of: domain) }) {
            print(line)
        }
    }
}
