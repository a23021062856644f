/// Makes rosters as clients do (RFC 6121 §3): who knows whom subscribes, and says yes.
enum Introductions {
    /// Returns when each account has all its contacts with the subscription `both`.
    ///
    /// - Throws: what a client met, or how many contacts one still misses after several rounds.
    static func make(
        _ population: Population,
        _ target: Target,
        _ options: TargetOptions,
        _ mechanism: LoginTerms.Mechanism
    ) async throws {
        let crew = Crew(try LoginTerms(target, mechanism), concurrency: options.concurrency)
        try await crew.gather(population.count)
        try await say("subscribe", population, target, crew)
        for round in 0..<10 {
            try await say("subscribed", population, target, crew)
            try await Task.sleep(for: .milliseconds(100 << round))
            if try await missing(population, crew) == 0 { break }
        }
        let missing = try await missing(population, crew)
        await crew.stop()
        guard missing == 0 else {
            throw LoadError("\(missing) subscriptions did not become mutual")
        }
        try await Task.sleep(for: .seconds(1))
    }

    /// Has everybody say it to all contacts, and read that a ping behind it is answered.
    private static func say(
        _ type: String,
        _ population: Population,
        _ target: Target,
        _ crew: Crew
    ) async throws {
        let numbers = Dictionary(
            uniqueKeysWithValues: (0..<population.count).map { (Population.name($0), $0) }
        )
        let domain = target.domain
        try await crew.each { client, done in
            let contacts = population.addresses(of: numbers[client.username] ?? 0, in: domain)
            let text = contacts.map { "<presence type='\(type)' to='\($0)'/>" }.joined()
            client.ask([.beforePing(text)]) { _ in done() }
        }
    }

    /// How many contacts are not mutual yet, as the rosters tell.
    private static func missing(_ population: Population, _ crew: Crew) async throws -> Int {
        let wanted = (0..<population.count).reduce(0) { $0 + population.contacts(of: $1).count }
        let found = Found()
        try await crew.each { client, done in
            var (mutual, last) = (TagCounter("='both'"), TagCounter(Request.ping.mark))
            var quoted = TagCounter("=\"both\"")
            client.onBytes = { client, bytes in
                found.count += mutual.count(in: bytes) + quoted.count(in: bytes)
                guard last.count(in: bytes) > 0 else { return }
                client.onBytes = { _, _ in }
                done()
            }
            client.send(Request.roster.text + Request.ping.text)
        }
        return max(0, wanted - found.count)
    }

    /// Unchecked: written on the crew's shard, read when that is done.
    private final class Found: @unchecked Sendable {
        var count = 0
    }
}
