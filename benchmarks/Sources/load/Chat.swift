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
            latency counts from when each was due, so that a stall is seen by all that it delays.
            """
    )

    @OptionGroup var target: TargetOptions
    @Option(help: "Pairs of clients.") var pairs = 200
    @Option(help: "Messages under way in each pair at any time.") var inFlight = 1
    @Option(help: "Messages a second in all, instead of answers.") var rate: Double?
    @Option(help: "Bytes of each body.") var bodyBytes = 64
    @Option(help: "Seconds of each measurement.") var seconds = 5.0
    @Option(help: "Seconds before the first one.") var warmUp = 2.0
    @Option(help: "Measurements, one after the other on the same connections.") var runs = 5

    func run() async throws {
        let target = try await target.open()
        defer { target.close() }
        try await measure(target).show()
    }

    func measure(_ target: Target) async throws -> Report {
        let crew = Crew(try LoginTerms(target, .anonymous), concurrency: self.target.concurrency)
        try await crew.gather(pairs * 2)
        let pace = rate.map(Conversations.Pace.rate) ?? .answers(inFlight: inFlight)
        let conversations = Conversations(crew, pace, bodyBytes: bodyBytes)
        _ = try await crew.read { conversations.begin() }
        try await Task.sleep(for: .seconds(warmUp))
        var windows: [ChatWindow] = []
        for _ in 0..<runs { windows.append(try await window(conversations, crew, target)) }
        await crew.stop()
        return report(windows, target)
    }

    private func window(
        _ conversations: Conversations,
        _ crew: Crew,
        _ target: Target
    ) async throws -> ChatWindow {
        _ = try await crew.read { (conversations.takeLatencies(), conversations.takeLateness()) }
        let before = Reading(target.meter)
        try await Task.sleep(for: .seconds(seconds))
        let (latencies, lateness) = try await crew.read {
            (conversations.takeLatencies(), conversations.takeLateness())
        }
        return ChatWindow(
            before: before,
            after: Reading(target.meter),
            latencies: latencies,
            lateness: lateness
        )
    }

    private func report(_ windows: [ChatWindow], _ target: Target) -> Report {
        let pace = rate.map { ("rate", "\($0)") } ?? ("in flight", "\(inFlight)")
        var report = Report(
            "chat",
            ["pairs": "\(pairs)", pace.0: pace.1, "body bytes": "\(bodyBytes)"],
            target
        )
        report.figure("server CPU per message", windows.map(\.serverMicroseconds), "µs")
        report.figure("deliveries", windows.map(\.rate), "/s", digits: 0)
        report.figure("server's share of a core", windows.map(\.serverShare), "")
        if rate == nil {
            report.figure("generator's share of a core", windows.map(\.generatorShare), "")
            report.figure("generator CPU per message", windows.map(\.generatorMicroseconds), "µs")
        } else {
            report.text("generator", "never sleeps")
            let late = windows.map { $0.lateness.milliseconds(at: 0.99) }
            report.figure("sent late p99", late, "ms", digits: 3)
        }
        report.figure("latency p50", windows.map { $0.latencies.milliseconds(at: 0.5) }, "ms")
        report.figure("latency p99", windows.map { $0.latencies.milliseconds(at: 0.99) }, "ms")
        report.figure("latency p99.9", windows.map { $0.latencies.milliseconds(at: 0.999) }, "ms")
        return report
    }
}

/// One measurement of a chat.
struct ChatWindow {
    let before: Reading
    let after: Reading
    let latencies: Histogram
    let lateness: Histogram

    private var seconds: Double { after.wall - before.wall }
    private var count: Double { Double(latencies.total) }
    var rate: Double { count / seconds }
    var serverShare: Double { (after.server - before.server) / seconds }
    var generatorShare: Double { (after.generator - before.generator) / seconds }
    var serverMicroseconds: Double { (after.server - before.server) / count * 1e6 }
    var generatorMicroseconds: Double { (after.generator - before.generator) / count * 1e6 }
}
