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
        Crew(
            try LoginTerms(target, mechanism),
            concurrency: options.concurrency,
            name: name,
            domain: domain
        )
    }

    /// Clients of one server and of another, by turns.
    func crew(for one: Target, and other: Target, _ options: TargetOptions) throws -> Crew {
        Crew(
            try LoginTerms(one, mechanism),
            try LoginTerms(other, mechanism),
            concurrency: options.concurrency,
            name: name
        )
    }

    private func name(_ number: Int) -> String { Population.name(number % (accounts ?? .max)) }
}
