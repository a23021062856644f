import ArgumentParser
import MartletServer

struct S2S: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "s2s",
        abstract: "Say how it stands with other servers, and try to reach one.",
        subcommands: [S2SList.self, S2SCheck.self],
        defaultSubcommand: S2SList.self
    )
}

struct S2SList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the running server's streams with others, what waits, and what failed.",
        discussion: """
            A line for each pair of domains on each stream, the one that speaks first; and for each \
            pair that has no stream. 'stream' tells who opened it: this server (out) or the other \
            (in); 'out/in' counts the stanzas of the whole stream. An error is kept for an hour, \
            of the last thousand peers that had one.
            """
    )

    @OptionGroup var options: ConfigurationOptions
    @Option(help: "Only what concerns this domain.") var peer: String?

    func run() async throws {
        let peer = peer
        let lines = try await options.askRunning { try await $0.peers(peer) }
        for line in lines { print(line) }
    }
}

struct S2SCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Go all the way to another domain's server, and explain each step.",
        discussion: """
            The running server opens a stream of its own for this, has the pair of domains \
            authorised, sends nothing and closes it. Without a running server nobody could answer \
            for our domain: then it goes as far as what the other offers.

            Ends with status 1 unless the pair was authorised; without a running server, unless \
            the other was reached as our settings want it.
            """
    )

    @OptionGroup var options: ConfigurationOptions
    @Option(help: "The domain of ours that speaks; the first of the configuration's if not said.")
    var from: String?
    @Argument(help: "The other domain.") var domain: String

    func run() async throws {
        let (domain, from) = (domain, from)
        let settings = try options.load().settings
        let report: PeerReport
        do {
            report = try await PeerReport.make(of: domain, from: from, settings)
        } catch {
            throw Complaint("\(error)")
        }
        for line in report.lines { print(line) }
        guard report.isGood else { throw ExitCode.failure }
    }
}
