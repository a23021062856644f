import ArgumentParser

/// The load generator: logs clients in, lets them talk, and says what that cost the server.
@main
struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure an XMPP server.",
        discussion: """
            With --server it starts Martlet itself, in a folder of its own that is removed again, on the \
            first core, and runs on the second. Without, it loads whatever listens at --address; give \
            --pid to have that process measured. Each run prints a block to read and a line of JSON.
            """,
        subcommands: [
            Login.self, Idle.self, Chat.self, S2S.self, Presence.self, Storm.self, Mix.self,
            Soak.self,
            Conserve.self, RosterLoad.self, Offline.self, VirtualHosts.self, Scaling.self,
            Micro.self, StoreMicro.self, Postgres.self, Dispatch.self, Start.self, Smoke.self,
            Hold.self,
            Populate.self,
        ]
    )
}

/// Why a run came to nothing.
struct LoadError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
