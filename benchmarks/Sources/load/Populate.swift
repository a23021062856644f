import ArgumentParser

/// Makes those whom a Martlet is to know, before it starts.
struct Populate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write accounts and rosters into the database of a Martlet that does not run."
    )

    @Argument(
        help:
            "The SQLite database, made where there is none, or the connection URI of a PostgreSQL."
    )
    var database: String
    @Option(help: "The domain of all of them.") var domain = "localhost"
    @Option(help: "Accounts user0, user1 … of the password 'secret'.") var accounts = 20
    @Option(help: "Groups of so many who all have each other in their rosters; 0 for none.")
    var groupsOf = 0

    func validate() throws {
        guard accounts > 0, groupsOf >= 0 else {
            throw ValidationError("--accounts is a number above 0, --groups-of one from 0")
        }
    }

    func run() async throws {
        let acquaintance: Population.Acquaintance = groupsOf > 0 ? .groups(of: groupsOf) : .nobody
        let population = Population(accounts, acquaintance)
        try await StoreWriter.write(population, of: domain, to: database)
    }
}
