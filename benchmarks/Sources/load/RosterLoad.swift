import ArgumentParser

/// Rosters that are asked for and changed.
struct RosterLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roster",
        abstract: "Rosters: CPU of the server to give one, for each item, and to change one.",
        discussion: """
            Each client asks for its roster again when it has come; then each renames one of its contacts, \
            and again when that is answered (a push to itself is part of it). The contacts have no \
            accounts. A server that is started here has them in its store; elsewhere '--prepare' sets them \
            first.
            """
    )

    @OptionGroup var target: TargetOptions
    @OptionGroup var timing: Timing
    @Option(help: "PLAIN, SCRAM-SHA-1 or SCRAM-SHA-256.")
    var mechanism = LoginTerms.Mechanism.scramSHA1
    @Option(help: "Contacts in each roster.") var items = 100
    @Option(help: "Clients, each with an account.") var clients = 20
    @Flag(help: "Set the contacts first.") var prepare = false

    private var population: Population { Population(clients, .strangers(items)) }

    func run() async throws {
        let target = try await target.open(prepare ? Population(clients) : population)
        defer { target.close() }
        try await measure(target).show()
    }

    func measure(_ target: Target) async throws -> Report {
        let crew = Crew(try LoginTerms(target, mechanism), concurrency: self.target.concurrency)
        try await crew.gather(clients)
        let (contacts, items) = (population.addresses(of: 0, in: target.domain), items)
        if prepare {
            let sets = contacts.map { Request.set($0, name: nil) }
            try await crew.each { client, done in client.ask(sets[...]) { _ in done() } }
        }
        let gets = try await windows(crew, target) { _ in .rosterAndItsEnd }
        let sets = try await windows(crew, target) {
            .set(contacts[$0 % items], name: "Contact \($0)")
        }
        await crew.stop()
        var report = Report("roster", ["items": "\(items)", "clients": "\(clients)"], target)
        let costs = gets.map { $0.span.serverMicroseconds(per: $0.count) }
        report.figure("server CPU per get", costs, "µs", digits: 1)
        report.figure("server CPU per item", costs.map { $0 / Double(items) }, "µs", digits: 3)
        report.figure("gets", gets.map { Double($0.count) / $0.span.seconds }, "/s", digits: 0)
        report.shares(gets.map(\.span))
        let changing = sets.map { $0.span.serverMicroseconds(per: $0.count) }
        report.figure("server CPU per change and its push", changing, "µs", digits: 1)
        report.figure("changes", sets.map { Double($0.count) / $0.span.seconds }, "/s", digits: 0)
        report.latency("until a change is answered", sets.map(\.latencies))
        return report
    }

    private func windows(
        _ crew: Crew,
        _ target: Target,
        _ request: @escaping @Sendable (Int) -> Request
    ) async throws -> [(span: Span, count: Int, latencies: Histogram)] {
        let rounds = Rounds(crew, request)
        _ = try await crew.read { rounds.begin() }
        try await Task.sleep(for: .seconds(timing.warmUp))
        var windows: [(span: Span, count: Int, latencies: Histogram)] = []
        for _ in 0..<timing.runs {
            _ = try await crew.read { rounds.take() }
            let span = try await target.watch(timing.seconds)
            let latencies = try await crew.read { rounds.take() }
            windows.append((span, latencies.total, latencies))
        }
        try await crew.perform { rounds.end() }
        return windows
    }
}

extension Request {
    /// A contact of the client's own roster gets a name (RFC 6121 §2.3).
    fileprivate static func set(_ contact: String, name: String?) -> Request {
        let name = name.map { " name='\($0)'" } ?? ""
        let text = """
            <iq type='set' id='~set'><query xmlns='jabber:iq:roster'>\
            <item jid='\(contact)'\(name)/></query></iq>
            """
        return Request(text: text, mark: "~set")
    }

    /// The whole of it has come when its last tag has.
    fileprivate static let rosterAndItsEnd = Request(text: Request.roster.text, mark: "</iq>")
}
