import ArgumentParser

/// The realistic load.
struct Mix: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The realistic one: many users, most of them idle, all with contacts.",
        discussion: """
            All users are online; the active ones write to contacts (to the bare address: one who is away \
            gets it on coming back), change their presence, ask for their rosters and ping the server, each \
            after some seconds; a few users leave each second and come back two seconds later. Everything \
            happens when it is due, by patient beats: a message counts from when it was sent, and how late \
            the generator was is told beside it. Every message is counted: one lost or doubled, or any \
            error, fails the run. Rosters as in 'presence'; users are mutual contacts of those next to them.
            """
    )

    @OptionGroup var target: TargetOptions
    @OptionGroup var mix: MixOptions
    @Option(help: "Seconds of the measurement.") var seconds = 30.0
    @Option(help: "Seconds before it.") var warmUp = 5.0

    func run() async throws {
        let target = try await mix.open(self.target)
        defer { target.close() }
        let (report, outcome) = try await measure(target)
        report.show()
        try outcome.check()
    }

    func measure(_ target: Target) async throws -> (Report, MixOutcome) {
        let empty = target.meter?.residentKiB() ?? .nan
        let before = Reading(target.meter)
        let town = try await mix.begin(target, self.target)
        let entering = Span(before: before, after: Reading(target.meter))
        let full = target.meter?.residentKiB() ?? .nan
        try await Task.sleep(for: .seconds(warmUp))
        let entered = try await town.crew.read { town.take() }
        let span = try await target.watch(seconds)
        let tally = try await town.crew.read { town.take() }
        let outcome = try await MixOutcome(endOf: town)
        var report = Report("mix", mix.settings, target)
        report.figure("memory per user", (full - empty) / Double(mix.users), "KiB")
        let login = entering.serverMicroseconds(per: mix.users) / 1e3
        report.figure("server CPU per login of all", login, "ms", digits: 3)
        report.figure("presences at their logins", Double(entered.presences), "", digits: 0)
        report.shares([span])
        report.rates(tally, span)
        report.latency("message", [tally.messages], withMost: true)
        report.latency("ping", [tally.pings])
        report.latency("roster", [tally.rosters])
        report.latency("login", [tally.logins])
        report.late([tally.lateness], bound: 20)
        report.tell(outcome)
        return (report, outcome)
    }
}

extension MixOptions {
    var settings: KeyValuePairs<String, String> {
        [
            "users": "\(users)", "contacts": "\(roster)", "active": "\(activeCount)",
            "messages of an active one every": "\(messageSeconds) s",
            "logins a second": "\(logins)",
        ]
    }
}

/// What was left when all was over.
struct MixOutcome: Sendable {
    let sent: Int
    let lost: Int
    let faults: Town.Faults

    /// Waits until everything has arrived, half a minute at most.
    init(endOf town: Town) async throws {
        try await town.crew.perform { town.end(within: 30) }
        (sent, lost, faults) = try await town.crew.read {
            (town.ledger.total, town.ledger.missing, town.faults)
        }
        await town.crew.stop()
    }

    func check() throws {
        guard lost + faults.doubled + faults.errors > 0 else { return }
        let first = faults.first.map { "; first: \($0)" } ?? ""
        throw LoadError(
            "\(lost) lost, \(faults.doubled) doubled, \(faults.errors) errors\(first)"
        )
    }
}

extension Report {
    mutating func rates(_ tally: Town.Tally, _ span: Span) {
        figure("messages", Double(tally.messages.total) / span.seconds, "/s")
        figure("messages to one who was away", Double(tally.stored) / span.seconds, "/s")
        figure("presences delivered", Double(tally.presences) / span.seconds, "/s")
        figure("logins", Double(tally.logins.total) / span.seconds, "/s")
    }

    mutating func tell(_ outcome: MixOutcome) {
        figure("messages sent in all", Double(outcome.sent), "", digits: 0)
        figure("lost", Double(outcome.lost), "", digits: 0)
        figure("doubled", Double(outcome.faults.doubled), "", digits: 0)
        figure("errors", Double(outcome.faults.errors), "", digits: 0)
    }
}
