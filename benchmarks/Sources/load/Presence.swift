import ArgumentParser

/// Groups of contacts who come online, and then tell each other how they are.
struct Presence: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Presence in groups of mutual contacts: a storm of logins, then broadcasts.",
        discussion: """
            In each group one after the other logs in (SCRAM), asks for its roster and says that it is \
            there, and the next comes when it has heard of all that are; all groups do so at once. Then in \
            each group clients change their presence in turn, '--in-flight' of them at any time. A delivery \
            is a presence that a client gets; its own, which servers return to it, is one.

            A server that is started here has the rosters in its store. Elsewhere the accounts user0 … must \
            be there, of the password 'secret', in a roster each, or '--prepare' has them subscribe to each \
            other first.
            """
    )

    @OptionGroup var target: TargetOptions
    @OptionGroup var timing: Timing
    @Option(help: "ANONYMOUS knows nobody; one of the others.")
    var mechanism = LoginTerms.Mechanism.scramSHA1
    @Option(help: "Members of a group: each has all others in its roster.") var roster = 20
    @Option(help: "Groups.") var groups = 20
    @Option(help: "Broadcasts under way in a group.") var inFlight = 1
    @Flag(help: "Make the rosters first, by subscribing.") var prepare = false

    private var population: Population { Population(roster * groups, .groups(of: roster)) }

    func run() async throws {
        let target = try await target.open(prepare ? Population(population.count) : population)
        defer { target.close() }
        if prepare { try await Introductions.make(population, target, self.target, mechanism) }
        try await measure(target).show()
    }

    func measure(_ target: Target) async throws -> Report {
        let crew = Crew(try LoginTerms(target, mechanism), concurrency: self.target.concurrency)
        let circles = Circles(crew, groups: groups, size: roster)
        let entering = try await target.watch { try await crew.perform { circles.enter() } }
        let entered = try await crew.read { circles.take() }
        let inFlight = inFlight
        _ = try await crew.read { circles.broadcast(inFlight) }
        try await Task.sleep(for: .seconds(timing.warmUp))
        var windows: [(span: Span, tally: Circles.Tally)] = []
        for _ in 0..<timing.runs {
            _ = try await crew.read { circles.take() }
            let span = try await target.watch(timing.seconds)
            windows.append((span, try await crew.read { circles.take() }))
        }
        await crew.stop()
        var report = Report("presence", ["groups": "\(groups)", "members": "\(roster)"], target)
        report.figure("logins", Double(population.count) / entering.seconds, "/s", digits: 0)
        let login = entering.serverMicroseconds(per: population.count) / 1e3
        report.figure("server CPU per login with its presences", login, "ms", digits: 3)
        let deliveries = entered.deliveries
        report.figure("presences delivered at logins", Double(deliveries), "", digits: 0)
        let share = entering.serverMicroseconds(per: deliveries)
        report.figure("server CPU of the logins per delivery", share, "µs")
        let costs = windows.map { $0.span.serverMicroseconds(per: $0.tally.deliveries) }
        report.figure("server CPU per delivery", costs, "µs")
        let rates = windows.map { Double($0.tally.deliveries) / $0.span.seconds }
        report.figure("deliveries", rates, "/s", digits: 0)
        report.shares(windows.map(\.span))
        report.latency("until all have it", windows.map(\.tally.latencies))
        return report
    }
}
