import ArgumentParser

/// What it takes until a server is ready, and what each of its domains holds.
struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Starts with many domains: time until it listens, memory for each domain.",
        discussion: "The same with every plugin that is on by default, and without any."
    )

    @Option(help: "The martlet program to start.") var server: String
    @Option(help: "Domains, beside the first.") var domains = 10_000

    func run() async throws {
        var report = Report("start", ["domains": "\(domains)"], nil)
        for isPlain in [true, false] {
            let what = isPlain ? "without plugins" : "with the default plugins"
            let one = try await measure(0, isPlain)
            let many = try await measure(domains, isPlain)
            report.figure("ready after, 1 domain, \(what)", one.seconds, "s", digits: 3)
            report.figure("in memory, 1 domain, \(what)", one.kibibytes / 1024, "MiB")
            report.figure(
                "ready after, \(domains + 1) domains, \(what)",
                many.seconds,
                "s",
                digits: 3
            )
            report.figure(
                "per domain, \(what)",
                (many.kibibytes - one.kibibytes) / Double(max(domains, 1)),
                "KiB"
            )
        }
        report.show()
    }

    private func measure(
        _ domains: Int,
        _ isPlain: Bool
    ) async throws -> (seconds: Double, kibibytes: Double) {
        let begin = ProcessMeter.wallSeconds()
        let process = try await ServerProcess(
            program: server,
            domain: "localhost",
            shards: 1,
            pins: nil,
            hasPlugins: !isPlain,
            otherDomains: domains
        )
        defer { process.stop() }
        try await process.waitUntilItListens()
        let seconds = ProcessMeter.wallSeconds() - begin
        return (seconds, ProcessMeter(pid: process.pid).residentKiB())
    }
}
