import ArgumentParser

/// One shard and two, by turns.
struct Scaling: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What more shards give: 'chat' with one and with several, by turns.",
        discussion: """
            On a machine with few cores the generator stands in the way of the second shard. So each shard \
            is bound to a share of a core, '--quota', by a cgroup: a server of one shard may use 0.4 of a \
            core, one of two 0.8 in all, and the generator has what is left, more than one core of two. \
            Nothing is pinned: the kernel places server and generator alike in both. The messages of both \
            are then measured deliveries, not extrapolated ones; where no cgroup can be made ('--no-bound', \
            or without the right to) compare CPU per message alone. Half of the messages cross from one \
            shard to the other, since each account's shard is a hash of its address.
            """
    )

    @Option(help: "The martlet program to start.") var server: String
    @Option(help: "The share of a core for each shard.") var quota = 0.4
    @Flag(inversion: .prefixedNo, help: "Bind the server to its share.") var bound = true
    @Option(help: "Shards of the larger server.") var shards = 2
    @Option(help: "Pairs of clients.") var pairs = 200
    @Option(help: "Messages under way in each pair.") var inFlight = 8
    @Option(help: "none, starttls or direct.") var tls = TargetOptions.TLSUse.none
    @Flag(inversion: .prefixedNo, help: "The plugins that are on by default.") var plugins = false
    @Option(help: "Turns of each.") var turns = 5
    @Option(help: "Seconds of each measurement.") var seconds = 3.0

    func run() async throws {
        var (one, more): ([ChatWindow], [ChatWindow]) = ([], [])
        for _ in 0..<turns {
            one.append(try await measure(1))
            more.append(try await measure(shards))
        }
        var report = Report(
            "scaling",
            ["shards": "1 and \(shards)", "pairs": "\(pairs)", "in flight": "\(inFlight)"],
            nil
        )
        let share = bound ? "\(quota) of a core for each shard (cgroup), " : ""
        report.text("cores", share + "nothing pinned")
        tell("1 shard", one, in: &report)
        tell("\(shards) shards", more, in: &report)
        let rates = zip(more, one).map { $0.rate / $1.rate }
        report.figure("\(shards) shards to 1, deliveries", rates, "×")
        if bound, more.contains(where: { $0.span.serverShare < 0.9 * quota * Double(shards) }) {
            report.text(
                "limit",
                "other programs: the larger server did not get its share each time"
            )
        }
        let costs = zip(more, one).map { $0.serverMicroseconds / $1.serverMicroseconds }
        report.figure("\(shards) shards to 1, CPU per message", costs, "×")
        report.show()
    }

    private func tell(_ name: String, _ windows: [ChatWindow], in report: inout Report) {
        report.figure("\(name): server CPU per message", windows.map(\.serverMicroseconds), "µs")
        report.figure("\(name): deliveries", windows.map(\.rate), "/s", digits: 0)
        let perSecond = windows.map { 1e6 / $0.serverMicroseconds }
        report.figure("\(name): deliveries per second of CPU", perSecond, "", digits: 0)
        report.figure("\(name): server's share of a core", windows.map(\.span.serverShare), "")
        let shares = windows.map(\.span.generatorShare)
        report.figure("\(name): generator's share of a core", shares, "")
        if shares.contains(where: { $0 > 0.9 }) {
            report.text("\(name): limit", "the generator, whose core was full: lower the quota")
        }
    }

    private func measure(_ shards: Int) async throws -> ChatWindow {
        let server = ["--server", server, "--shards", "\(shards)", "--tls", tls.rawValue]
        let size = ["--pairs", "\(pairs)", "--in-flight", "\(inFlight)"]
        let time = ["--runs", "1", "--seconds", "\(seconds)", "--warm-up", "1"]
        let terms = [plugins ? "--plugins" : "--no-plugins"]
        let confined = bound ? ["--server-quota", "\(quota)"] : ["--no-pin"]
        let chat = try Chat.parse(server + size + time + terms + confined)
        let target = try await chat.target.open()
        defer { target.close() }
        guard let window = try await chat.talk(target).windows.first else {
            throw LoadError("nothing was measured")
        }
        return window
    }
}
