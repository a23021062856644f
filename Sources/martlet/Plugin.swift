import ArgumentParser

struct Plugin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Begin a plugin, and test one.",
        discussion: """
            From nothing to a plugin that passes its test:

              martlet plugin new greeter --language c
              cd greeter && make test
            """,
        subcommands: [PluginNew.self, PluginTest.self]
    )
}
