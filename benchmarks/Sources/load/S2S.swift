import ArgumentParser

/// Pairs of clients of two servers.
struct S2S: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "s2s",
        abstract: "Messages between users of two servers: CPU of each per message, latency.",
        discussion: """
            Of each pair one is at one server, the other at another; the servers talk over a stream with \
            TLS. Otherwise it is 'chat': closed loop, each answers what it gets, or '--rate', open loop. With \
            '--one-way' the first of a pair alone writes, once more for each message that came to the \
            second, so that one server only sends and the other only receives: what each of them costs \
            stands apart. When it is over nobody writes, and every message must come. \
            With --server it starts two of them, on the same cores, each with the other's certificate \
            for an authority and its place in 's2s.peers'. Without, the second of the two that run is \
            told by '--other-port' and the like.
            """
    )

    @OptionGroup var target: TargetOptions
    @OptionGroup var other: OtherServerOptions
    @OptionGroup var account: AccountOptions
    @OptionGroup var session: SessionOptions
    @OptionGroup var timing: Timing
    @OptionGroup var size: TalkOptions
    @Flag(help: "The users of the first server write, and those of the second do not.")
    var oneWay = false

    /// Seconds within which the servers have to find each other, and then all messages to come.
    private static let patience = 30

    func run() async throws {
        let targets = try await target.openTwo(other, account.population(for: size.clients))
        defer { for target in targets { target.close() } }
        try await measure(targets).show()
    }

    func measure(_ targets: [Target]) async throws -> Report {
        let crew = try account.crew(for: targets[0], and: targets[1], target)
        try await crew.gather(size.clients)
        try await session.prepare(crew)
        let domain = targets[0].domain
        try await crew.perform(within: Self.patience) {
            crew.awaited = { ["the other server"] }
            crew.greet(crew.couples(domain)[0])
        }
        let (windows, written) = try await talk(crew, targets)
        await crew.stop()
        return report(windows, written, targets)
    }

    private func talk(_ crew: Crew, _ targets: [Target]) async throws -> ([ChatWindow], Int) {
        let conversations = Conversations(
            crew,
            size.pace,
            bodyBytes: size.bodyBytes,
            management: session.management
        )
        let (domain, oneWay) = (targets[0].domain, oneWay)
        _ = try await crew.read { conversations.begin(crew.couples(domain), isOneWay: oneWay) }
        try await Task.sleep(for: .seconds(timing.warmUp))
        let windows = try await ChatWindow.several(conversations, crew, targets, timing)
        try await crew.perform(within: Self.patience) { conversations.end() }
        return (windows, try await crew.read { conversations.written })
    }

    private func report(_ windows: [ChatWindow], _ written: Int, _ targets: [Target]) -> Report {
        var report = Report("s2s", size.settings, targets[0])
        report.text("direction", oneWay ? "one way" : "both ways")
        report.text("servers", "two, on the same cores")
        report.text("logged in with", account.mechanism.rawValue)
        if !session.description.isEmpty { report.text("switched on", session.description) }
        report.chat(windows, isPaced: size.rate != nil)
        let names =
            oneWay ? ["sender's server", "receiver's server"] : ["one server", "the other"]
        for (number, name) in names.enumerated() {
            let costs = windows.map { $0.microseconds(ofServer: number) }
            report.figure("\(name): CPU per message", costs, "µs")
        }
        report.text("lost", "0 of \(written): each message that was written came")
        return report
    }
}

extension Crew {
    /// Clients of a domain, each with one of another.
    fileprivate func couples(_ domain: String) -> [(Client, Client)] {
        let here = clients.filter { $0.domain == domain }
        return Array(zip(here, clients.filter { $0.domain != domain }))
    }

    /// Has two write to each other, so that their servers have found each other before the load comes.
    fileprivate func greet(_ pair: (Client, Client)) {
        let (romeo, juliet) = pair
        juliet.onElement = { juliet, _ in
            juliet.onElement = nil
            juliet.send(Self.greeting(to: romeo))
        }
        romeo.onElement = { [self] romeo, message in
            romeo.onElement = nil
            guard message["type"] != "error" else { return fail("came back: \(message)") }
            finish()
        }
        romeo.send(Self.greeting(to: juliet))
    }

    private static func greeting(to client: Client) -> String {
        "<message to='\(client.jid)' type='chat'><body>Good morrow</body></message>"
    }
}
