import ArgumentParser

/// Everything at toy size.
struct Smoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run every workload at toy size; fails if one does not work."
    )

    @Option(help: "The martlet program to start.") var server: String

    private var target: [String] { ["--server", server, "--no-pin"] }
    private static let once = ["--runs", "1", "--seconds", "0.2", "--warm-up", "0.1"]

    func run() async throws {
        for tls in ["none", "starttls", "direct"] {
            try await Part.run("idle and chat, TLS \(tls)") { try await basics(tls) }
        }
        for mechanism in ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "ANONYMOUS"] {
            let login = ["--mechanism", mechanism, "--accounts", "2", "--seconds", "0.3"]
            try await run(Login.self, login + ["--tls", "direct", "--runs", "1"], of: mechanism)
        }
        try await chats()
        try await contacts()
        try await many()
        let short = ["--rounds", "8", "--least", "100", "--most", "600"]
        try await alone(Conserve.self, ["--server", server] + short)
        try await alone(Micro.self, ["--milliseconds", "10"])
        try await alone(StoreMicro.self, ["--seconds", "0.2", "--runs", "1"])
        let works = StoreWork.Kind.allCases.map(\.rawValue)
        let all = ["--owners", "20", "--seconds", "0.1", "--runs", "1", "--in-flight", "1", "40"]
        let both = ["--storage", "sqlite", "postgresql"]
        try await alone(StoreMicro.self, all + both + ["--work"] + works, of: "all work")
        let few = ["--seconds", "0.1", "--runs", "1", "--rows", "10"]
        try await alone(Postgres.self, few)
        try await alone(Dispatch.self, ["--milliseconds", "10", "--runs", "1"])
        try await alone(Start.self, ["--server", server, "--domains", "20"])
    }

    /// A workload with a server of its own.
    private func run(
        _ workload: any AsyncParsableCommand.Type,
        _ arguments: [String],
        of kind: String? = nil
    ) async throws {
        try await alone(workload, target + arguments, of: kind)
    }

    private func alone(
        _ workload: any AsyncParsableCommand.Type,
        _ arguments: [String],
        of kind: String? = nil
    ) async throws {
        let name = [workload._commandName, kind].compactMap(\.self).joined(separator: ", ")
        try await Part.run(name) {
            var command = try workload.parse(arguments)
            try await command.run()
        }
    }

    /// On one server, one after the other.
    private func basics(_ tls: String) async throws {
        let target = target + ["--tls", tls]
        let size = ["--connections", "20", "--first", "5", "--settling", "0.05"]
        let idle = try Idle.parse(target + size)
        let place = try await idle.target.open()
        defer { place.close() }
        try await idle.measure(place).show()
        let chat = target + Self.once + ["--pairs", "5", "--in-flight", "4"]
        try await Chat.parse(chat).measure(place).show()
        try await Chat.parse(chat + ["--rate", "500"]).measure(place).show()
    }

    private func chats() async throws {
        let held = ["--connections", "10", "--first", "5", "--settling", "0.1", "--processes", "2"]
        try await run(Idle.self, held)
        let modern = ["--stream-management", "--ask-every", "5", "--carbons", "--csi"]
        let accounts = ["--pairs", "5", "--mechanism", "SCRAM-SHA-1", "--idle", "10"]
        try await run(Chat.self, Self.once + accounts + modern)
        let talk = Self.once + ["--pairs", "5", "--in-flight", "4"]
        try await run(S2S.self, talk, of: "both ways")
        try await run(S2S.self, talk + ["--one-way", "--tls", "direct"], of: "one way")
        try await run(S2S.self, talk + ["--rate", "500"], of: "at a rate")
        let storm = ["--pairs", "5", "--rate", "50", "--seconds", "0.5", "--warm-up", "0.1"]
        try await run(Storm.self, storm)
    }

    private func contacts() async throws {
        let groups = Self.once + ["--roster", "5", "--groups", "2"]
        try await run(Presence.self, groups)
        try await run(Presence.self, groups + ["--prepare"])
        let roster = Self.once + ["--items", "10", "--clients", "3"]
        try await run(RosterLoad.self, roster)
        try await run(RosterLoad.self, roster + ["--prepare"])
        let offline = ["--accounts", "5", "--messages", "12", "--writers", "2"]
        try await run(Offline.self, offline)
    }

    private func many() async throws {
        let town = [
            "--users", "40", "--roster", "6", "--message-seconds", "0.05", "--warm-up", "0.1",
        ]
        try await run(Mix.self, town + ["--seconds", "0.5", "--logins", "10"])
        let soak = ["--minutes", "0.02", "--interval", "0.2"]
        try await run(Soak.self, town + soak)
        let turns = ["--server", server, "--turns", "1", "--seconds", "0.3", "--pairs", "5"]
        try await alone(VirtualHosts.self, turns + ["--domains", "10"])
        try await alone(Scaling.self, turns + ["--no-bound"])
    }
}
