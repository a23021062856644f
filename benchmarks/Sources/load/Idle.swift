import ArgumentParser

/// Clients that are there and say nothing.
struct Idle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Idle connections: KiB of the server for each.",
        discussion: """
            Each is logged in and bound, has sent a presence and a message to itself, and has got both. \
            The difference is taken from where the first few had done the same.
            """
    )

    @OptionGroup var target: TargetOptions
    @Option(help: "Connections to measure.") var connections = 5_000
    @Option(help: "Connections before them, which load what the server loads once.") var first = 100
    @Option(help: "Seconds of quiet before memory is read.") var settling = 2.0

    func run() async throws {
        let target = try await target.open()
        defer { target.close() }
        try await measure(target).show()
    }

    func measure(_ target: Target) async throws -> Report {
        let crew = Crew(try LoginTerms(target, .anonymous), concurrency: self.target.concurrency)
        let before = try await resident(with: first, crew, target)
        let reading = Reading(target.meter)
        let after = try await resident(with: connections, crew, target)
        let working = Reading(target.meter)
        try await Task.sleep(for: .seconds(settling))
        let quiet = Reading(target.meter)
        await crew.stop()
        var report = Report("idle", ["connections": "\(connections)"], target)
        let count = Double(connections)
        report.figure("KiB per connection", (after - before) / count, "KiB")
        report.figure("the server before", before / 1024, "MiB")
        let seconds = working.server - reading.server
        report.figure("server CPU to log in and say one thing", seconds / count * 1e3, "ms")
        let share = (quiet.server - working.server) / (quiet.wall - working.wall)
        report.figure("server's share of a core while all are idle", share * 100, "%")
        return report
    }

    /// Brings in so many more, and gives the server's memory when they are quiet.
    private func resident(with count: Int, _ crew: Crew, _ target: Target) async throws -> Double {
        let known = try await crew.read { crew.clients.count }
        try await crew.gather(count)
        try await crew.perform { Greeting.begin(for: crew, from: known) }
        try await Task.sleep(for: .seconds(settling))
        return target.meter?.residentKiB() ?? .nan
    }
}

/// Has each client say that it is there and write to itself, a few hundred at a time.
private enum Greeting {
    static func begin(for crew: Crew, from first: Int) {
        let progress = Progress(next: first)
        let widest = min(crew.clients.count, first + 100)
        while progress.next < widest { greet(crew, progress) }
    }

    private static func greet(_ crew: Crew, _ progress: Progress) {
        guard progress.next < crew.clients.count else { return }
        let client = crew.clients[progress.next]
        progress.next += 1
        var counter = TagCounter("</message>")
        client.onBytes = { _, bytes in
            guard counter.count(in: bytes) > 0 else { return }
            progress.done += 1
            client.onBytes = { _, _ in }
            if progress.next < crew.clients.count { greet(crew, progress) }
            if progress.done == progress.wanted(crew) { crew.finish() }
        }
        client.send(
            "<presence/><message to='\(client.jid)' type='chat' id='m'><body>Ay me!</body></message>"
        )
    }

    private final class Progress {
        private let first: Int
        var next: Int
        var done = 0

        init(next: Int) {
            first = next
            self.next = next
        }

        func wanted(_ crew: Crew) -> Int { crew.clients.count - first }
    }
}
