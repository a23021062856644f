import ArgumentParser

/// Everything at toy size.
struct Smoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run every workload at toy size; fails if one does not work."
    )

    @Option(help: "The martlet program to start.") var server: String

    func run() async throws {
        for tls in ["none", "starttls", "direct"] {
            let target = ["--server", server, "--tls", tls, "--no-pin"]
            try await Idle.parse(
                target + ["--connections", "40", "--first", "5", "--settling", "0.1"]
            )
            .run()
            let chat = ["--pairs", "5", "--in-flight", "4", "--seconds", "0.3", "--warm-up", "0.1"]
            try await Chat.parse(target + chat + ["--runs", "1"]).run()
            try await Chat.parse(target + chat + ["--runs", "1", "--rate", "500"]).run()
        }
        for mechanism in ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "ANONYMOUS"] {
            let login = ["--mechanism", mechanism, "--accounts", "2", "--seconds", "0.5"]
            let target = ["--server", server, "--tls", "direct", "--no-pin", "--runs", "1"]
            try await Login.parse(target + login).run()
        }
        try await Micro.parse(["--milliseconds", "20"]).run()
        try await StoreMicro.parse(["--appends", "2000", "--runs", "1"]).run()
        try await Dispatch.parse(["--milliseconds", "20", "--runs", "1"]).run()
        try await Start.parse(["--server", server, "--domains", "20"]).run()
    }
}
