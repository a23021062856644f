import ArgumentParser

/// The program: one verb a file.
@main
struct Martlet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "An XMPP server for many domains.",
        discussion: """
            A first server, in two commands:

              martlet user add romeo@localhost
              martlet serve

            Clients then find it on port 5222 (STARTTLS) and 5223 (TLS). Everything it does is set in \
            one file, config.json; 'martlet check' says what is wrong with it before the server does.
            """,
        subcommands: [
            Serve.self, Check.self, Config.self, User.self, ExportStore.self, ImportStore.self,
            Status.self, Plugins.self, Plugin.self, Phases.self,
            Send.self,
            Version.self,
        ]
    )
}
