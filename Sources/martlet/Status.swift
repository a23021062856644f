import ArgumentParser
import MartletServer

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell how the running server and its database are.",
        discussion: "A name and a value a line, for people and for programs that watch."
    )

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        for line in try await options.administer({ try await $0.status() }) { print(line) }
    }
}
