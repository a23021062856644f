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
        for tls in ["none", "starttls", "direct"] { try await basics(tls) }
        for mechanism in ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "ANONYMOUS"] {
            let login = ["--mechanism", mechanism, "--accounts", "2", "--seconds", "0.3"]
            try await Login.parse(target + login + ["--tls", "direct", "--runs", "1"]).run()
        }
        try await chats()
        try await contacts()
        try await many()
        let short = ["--rounds", "8", "--least", "100", "--most", "600"]
        try await Conserve.parse(["--server", server] + short).run()
        try await Micro.parse(["--milliseconds", "10"]).run()
        try await StoreMicro.parse(["--appends", "2000", "--runs", "1"]).run()
        try await Dispatch.parse(["--milliseconds", "10", "--runs", "1"]).run()
        try await Start.parse(["--server", server, "--domains", "20"]).run()
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
        try await Idle.parse(target + held).run()
        let modern = ["--stream-management", "--ask-every", "5", "--carbons", "--csi"]
        let accounts = ["--pairs", "5", "--mechanism", "SCRAM-SHA-1", "--idle", "10"]
        try await Chat.parse(target + Self.once + accounts + modern).run()
        let storm = ["--pairs", "5", "--rate", "50", "--seconds", "0.5", "--warm-up", "0.1"]
        try await Storm.parse(target + storm).run()
    }

    private func contacts() async throws {
        let groups = Self.once + ["--roster", "5", "--groups", "2"]
        try await Presence.parse(target + groups).run()
        try await Presence.parse(target + groups + ["--prepare"]).run()
        let roster = Self.once + ["--items", "10", "--clients", "3"]
        try await RosterLoad.parse(target + roster).run()
        try await RosterLoad.parse(target + roster + ["--prepare"]).run()
        let offline = ["--accounts", "5", "--messages", "12", "--writers", "2"]
        try await Offline.parse(target + offline).run()
    }

    private func many() async throws {
        let town = [
            "--users", "40", "--roster", "6", "--message-seconds", "0.05", "--warm-up", "0.1",
        ]
        try await Mix.parse(target + town + ["--seconds", "0.5", "--logins", "10"]).run()
        let soak = ["--minutes", "0.02", "--interval", "0.2"]
        try await Soak.parse(target + town + soak).run()
        let turns = ["--server", server, "--turns", "1", "--seconds", "0.3", "--pairs", "5"]
        try await VirtualHosts.parse(turns + ["--domains", "10"]).run()
        try await Scaling.parse(turns + ["--no-bound"]).run()
    }
}
