import ArgumentParser
import MartletServer

struct Plugins: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the running server's plugins, and run what they offer.",
        subcommands: [PluginsList.self, PluginsRun.self],
        defaultSubcommand: PluginsList.self
    )
}

struct PluginsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List plugins: where they are at work, their phases, calls, time and errors."
    )

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        for line in try await options.administer({ try await $0.plugins() }) { print(line) }
    }
}

struct PluginsRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a verb that a plugin offers."
    )

    @OptionGroup var options: ConfigurationOptions
    @Option(help: "The domain whose plugin is meant.") var domain = "localhost"
    @Argument(help: "The plugin's name.") var plugin: String
    @Argument(help: "The verb.") var verb: String
    @Argument(help: "What the verb is given.") var arguments: [String] = []

    func run() async throws {
        let (plugin, verb, domain, arguments) = (plugin, verb, domain, arguments)
        let lines = try await options.administer {
            try await $0.run(verb, of: plugin, in: domain, arguments)
        }
        for line in lines { print(line) }
    }
}
