/// One measurement of a chat.
struct ChatWindow: Sendable {
    let span: Span
    let latencies: Histogram
    let lateness: Histogram

    init(
        _ conversations: Conversations,
        _ crew: Crew,
        _ targets: [Target],
        _ seconds: Double
    ) async throws {
        let take: @Sendable () -> (Histogram, Histogram) = {
            (conversations.takeLatencies(), conversations.takeLateness())
        }
        _ = try await crew.read(take)
        span = try await targets.watch(seconds)
        (latencies, lateness) = try await crew.read(take)
    }

    /// One after the other, as often as `timing` says.
    static func several(
        _ conversations: Conversations,
        _ crew: Crew,
        _ targets: [Target],
        _ timing: Timing
    ) async throws -> [ChatWindow] {
        var windows: [ChatWindow] = []
        for _ in 0..<timing.runs {
            windows.append(try await ChatWindow(conversations, crew, targets, timing.seconds))
        }
        return windows
    }

    var rate: Double { Double(latencies.total) / span.seconds }
    var serverMicroseconds: Double { span.serverMicroseconds(per: latencies.total) }
    /// Of one of several servers.
    func microseconds(ofServer number: Int) -> Double {
        span.eachServerSeconds[number] / Double(latencies.total) * 1e6
    }
    var generatorMicroseconds: Double {
        span.generatorSeconds / Double(latencies.total) * 1e6
    }
}

extension Report {
    /// What messages cost, how many there were, and how long they took.
    mutating func chat(_ windows: [ChatWindow], isPaced: Bool) {
        figure("server CPU per message", windows.map(\.serverMicroseconds), "µs")
        figure("deliveries", windows.map(\.rate), "/s", digits: 0)
        if isPaced {
            shares(windows.map(\.span), lateness: windows.map(\.lateness))
        } else {
            shares(windows.map(\.span))
            figure("generator CPU per message", windows.map(\.generatorMicroseconds), "µs")
        }
        latency("latency", windows.map(\.latencies), withMost: true)
    }
}
