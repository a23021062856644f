import ArgumentParser

/// How large a realistic load is, and how lively.
struct MixOptions: ParsableArguments {
    @Option(help: "PLAIN, SCRAM-SHA-1 or SCRAM-SHA-256.")
    var mechanism = LoginTerms.Mechanism.scramSHA1
    @Option(help: "Users, user0 … of the password 'secret', all of them online.")
    var users = 10_000
    @Option(help: "Contacts of each, mutual.") var roster = 30
    @Option(help: "The share of them that is active.") var active = 0.1
    @Option(help: "An active user writes to a contact after so many seconds, on average.")
    var messageSeconds = 10.0
    @Option(help: "It changes its presence after so many.") var presenceSeconds = 60.0
    @Option(help: "It asks for its roster after so many.") var rosterSeconds = 120.0
    @Option(help: "It pings the server after so many.") var pingSeconds = 60.0
    @Option(help: "Of all users, so many a second leave, and come back.") var logins = 5.0
    @Option(help: "Bytes of each body.") var bodyBytes = 64
    @Flag(help: "Make the rosters first, by subscribing.") var prepare = false

    var population: Population { Population(users, .neighbours(roster)) }
    var activeCount: Int { max(1, Int(Double(users) * active)) }

    func validate() throws {
        guard users > 2, (0...1).contains(active) else {
            throw ValidationError("--users is above 2, --active between 0 and 1")
        }
    }

    /// Starts the server where that was asked for; then everybody is in its store.
    func open(_ options: TargetOptions) async throws -> Target {
        let target = try await options.open(prepare ? Population(users) : population)
        do {
            if prepare { try await Introductions.make(population, target, options, mechanism) }
        } catch {
            target.close()
            throw error
        }
        return target
    }

    /// Brings everybody in, and has them begin.
    func begin(_ target: Target, _ options: TargetOptions) async throws -> Town {
        let crew = Crew(try LoginTerms(target, mechanism), concurrency: options.concurrency)
        let town = Town(crew, self)
        try await crew.perform { town.fill() }
        try await crew.perform { town.settle() }
        _ = try await crew.read { town.begin() }
        return town
    }
}
