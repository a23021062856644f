import ArgumentParser
import MartletNet

/// Pairs of clients who write to each other, for every answer or at a fixed rate.
struct Chat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Messages between pairs: CPU per message, deliveries a second, latency.",
        discussion: """
            The canonical workload: '--pairs 200 --in-flight 1' (every message waits for its answer) and \
            '--pairs 200 --in-flight 8' (the server saturated): closed loop, each answers what it gets. \
            With '--rate 5000' messages are sent when they are due, whatever comes back: open loop, and \
            latency counts from when each was due, so that a stall is seen by all that it delays. \
            With '--idle 18900' it is measured, and then once more beside so many idle connections. \
            '--mechanism SCRAM-SHA-1 --stream-management --carbons --csi' is what today's clients do; \
            accounts have an archive where the server keeps one.
            """
    )

    @OptionGroup var target: TargetOptions
    @OptionGroup var account: AccountOptions
    @OptionGroup var session: SessionOptions
    @OptionGroup var bystanders: BystanderOptions
    @OptionGroup var timing: Timing
    @Option(help: "Pairs of clients.") var pairs = 200
    @Option(help: "Messages under way in each pair at any time.") var inFlight = 1
    @Option(help: "Messages a second in all, instead of answers.") var rate: Double?
    @Option(help: "Bytes of each body.") var bodyBytes = 64

    func run() async throws {
        let target = try await target.open(account.population(for: pairs * 2))
        defer { target.close() }
        try await measure(target).show()
    }

    func measure(_ target: Target) async throws -> Report {
        let (windows, alone) = try await talk(target)
        return report(windows, alone, target)
    }

    /// Gives what was measured in the end, and before it without idle connections if there are any.
    func talk(
        _ target: Target,
        domain: @escaping (Int) -> String? = { _ in nil }
    ) async throws -> (windows: [ChatWindow], alone: [ChatWindow]) {
        let crew = try account.crew(for: target, self.target, domain: domain)
        let processes = bystanders.processes.count(for: bystanders.idle, beside: pairs * 2)
        let crowd = try Crowd(target, self.target, processes: processes)
        try await crew.gather(pairs * 2)
        try await session.prepare(crew)
        let conversations = Conversations(
            crew,
            pace,
            bodyBytes: bodyBytes,
            management: session.management
        )
        let pairs = pairs
        _ = try await crew.read { conversations.begin(pairs: pairs) }
        try await Task.sleep(for: .seconds(timing.warmUp))
        var alone: [ChatWindow] = []
        if bystanders.idle > 0 {
            alone = try await windows(conversations, crew, target)
            try await crowd.arrive(bystanders.idle)
        }
        let windows = try await windows(conversations, crew, target)
        await crowd.leave()
        await crew.stop()
        return (windows, alone)
    }

    private var pace: Conversations.Pace {
        rate.map(Conversations.Pace.rate) ?? .answers(inFlight: inFlight)
    }

    private func windows(
        _ conversations: Conversations,
        _ crew: Crew,
        _ target: Target
    ) async throws -> [ChatWindow] {
        var windows: [ChatWindow] = []
        for _ in 0..<timing.runs {
            windows.append(try await ChatWindow(conversations, crew, target, timing.seconds))
        }
        return windows
    }

    private func report(_ windows: [ChatWindow], _ alone: [ChatWindow], _ target: Target) -> Report
    {
        let pace = rate.map { ("rate", "\($0)") } ?? ("in flight", "\(inFlight)")
        var report = Report(
            "chat",
            ["pairs": "\(pairs)", pace.0: pace.1, "body bytes": "\(bodyBytes)"],
            target
        )
        report.text("logged in with", account.mechanism.rawValue)
        if !session.description.isEmpty { report.text("switched on", session.description) }
        if !alone.isEmpty {
            let costs = alone.map(\.serverMicroseconds)
            report.figure("without idle connections: server CPU per message", costs, "µs")
            report.figure(
                "without idle connections: deliveries",
                alone.map(\.rate),
                "/s",
                digits: 0
            )
            report.text("idle connections", "\(bystanders.idle)")
        }
        report.figure("server CPU per message", windows.map(\.serverMicroseconds), "µs")
        report.figure("deliveries", windows.map(\.rate), "/s", digits: 0)
        if rate == nil {
            report.shares(windows.map(\.span))
            report.figure("generator CPU per message", windows.map(\.generatorMicroseconds), "µs")
        } else {
            report.shares(windows.map(\.span), lateness: windows.map(\.lateness))
        }
        report.latency("latency", windows.map(\.latencies), withMost: true)
        return report
    }
}

/// One measurement of a chat.
struct ChatWindow: Sendable {
    let span: Span
    let latencies: Histogram
    let lateness: Histogram

    init(
        _ conversations: Conversations,
        _ crew: Crew,
        _ target: Target,
        _ seconds: Double
    ) async throws {
        let take: @Sendable () -> (Histogram, Histogram) = {
            (conversations.takeLatencies(), conversations.takeLateness())
        }
        _ = try await crew.read(take)
        span = try await target.watch(seconds)
        (latencies, lateness) = try await crew.read(take)
    }

    var rate: Double { Double(latencies.total) / span.seconds }
    var serverMicroseconds: Double { span.serverMicroseconds(per: latencies.total) }
    var generatorMicroseconds: Double {
        span.generatorSeconds / Double(latencies.total) * 1e6
    }
}
