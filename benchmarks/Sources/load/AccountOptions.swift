import ArgumentParser

/// Whom clients log in as.
struct AccountOptions: ParsableArguments {
    @Option(help: "ANONYMOUS, PLAIN, SCRAM-SHA-1 or SCRAM-SHA-256.")
    var mechanism = LoginTerms.Mechanism.anonymous

    @Option(
        help: """
            Accounts, user0 to userN, that clients log in to by turns; one for each when left out. Those \
            of a server that is not started here must be there already, of the password 'secret'.
            """
    )
    var accounts: Int?

    func population(for clients: Int) -> Population {
        Population(mechanism == .anonymous ? 0 : accounts ?? clients)
    }

    func crew(
        for target: Target,
        _ options: TargetOptions,
        domain: @escaping (Int) -> String? = { _ in nil }
    ) throws -> Crew {
        let accounts = accounts ?? .max
        return Crew(
            try LoginTerms(target, mechanism),
            concurrency: options.concurrency,
            name: { Population.name($0 % accounts) },
            domain: domain
        )
    }
}
