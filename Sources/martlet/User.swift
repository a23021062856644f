import ArgumentParser
import MartletCore
import MartletServer

struct User: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add, change, remove and list accounts.",
        discussion: "Works while the server runs, and while it does not.",
        subcommands: [UserAdd.self, UserPassword.self, UserRemove.self, UserList.self]
    )
}

extension JID {
    /// Reads an account's address from the command line.
    ///
    /// - Throws: `Complaint` that says how one looks.
    static func account(_ argument: String) throws -> JID {
        guard let jid = try? JID(argument), jid.isBare, jid.hasLocalpart else {
            throw Complaint("an account's address looks like romeo@localhost")
        }
        return jid
    }
}

/// Where a password comes from: never the command line's history, unless somebody insists.
struct PasswordOptions: ParsableArguments {
    @Option(help: "The password itself; other users of the machine can see it while this runs.")
    var password: String?

    @Flag(help: "Read the password from standard input, one line.")
    var passwordStdin = false

    func read() throws -> String {
        let password = try self.password ?? Terminal.password(asking: !passwordStdin)
        guard !password.isEmpty else { throw Complaint("a password has at least one character") }
        return password
    }
}

struct UserAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make an account."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var secret: PasswordOptions
    @Argument(help: "The account's address, such as romeo@localhost.", transform: JID.account)
    var account: JID

    func run() async throws {
        let password = try secret.read()
        try await options.administer {
            try await $0.perform(.addUser(account, password: password))
        }
        print("added \(account)")
    }
}

struct UserPassword: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "password",
        abstract: "Give an account another password.",
        discussion: "Its sessions end; their clients log in with the new one."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var secret: PasswordOptions
    @Argument(help: "The account's address.", transform: JID.account) var account: JID

    func run() async throws {
        let password = try secret.read()
        try await options.administer {
            try await $0.perform(.setPassword(account, password: password))
        }
        print("changed the password of \(account)")
    }
}

struct UserRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove an account and everything it owns.",
        discussion: "Its roster, messages and documents go with it, and its sessions end."
    )

    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The account's address.", transform: JID.account) var account: JID

    func run() async throws {
        try await options.administer {
            try await $0.perform(.removeUser(account))
        }
        print("removed \(account)")
    }
}

struct UserList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the accounts of a domain, or of all configured domains."
    )

    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The domain; all of the configuration's when left out.") var domain: String?

    func run() async throws {
        let configuration = try options.load()
        let domains = domain.map { [$0] } ?? configuration.domainNames
        try await options.administer { administration in
            for domain in domains {
                for jid in try await administration.users(of: domain) { print(jid) }
            }
        }
    }
}
