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
    @OptionGroup var size: TalkOptions

    func run() async throws {
        let target = try await target.open(account.population(for: size.clients))
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
        let processes = bystanders.processes.count(for: bystanders.idle, beside: size.clients)
        let crowd = try Crowd(target, self.target, processes: processes)
        try await crew.gather(size.clients)
        try await session.prepare(crew)
        let conversations = Conversations(
            crew,
            size.pace,
            bodyBytes: size.bodyBytes,
            management: session.management
        )
        _ = try await crew.read { conversations.begin(crew.neighbours) }
        try await Task.sleep(for: .seconds(timing.warmUp))
        var alone: [ChatWindow] = []
        if bystanders.idle > 0 {
            alone = try await ChatWindow.several(conversations, crew, [target], timing)
            try await crowd.arrive(bystanders.idle)
        }
        let windows = try await ChatWindow.several(conversations, crew, [target], timing)
        await crowd.leave()
        await crew.stop()
        return (windows, alone)
    }

    private func report(_ windows: [ChatWindow], _ alone: [ChatWindow], _ target: Target) -> Report
    {
        var report = Report("chat", size.settings, target)
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
        report.chat(windows, isPaced: size.rate != nil)
        return report
    }
}
