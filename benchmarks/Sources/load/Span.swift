/// What two readings differ in.
struct Span: Sendable {
    let before: Reading
    let after: Reading

    var seconds: Double { after.wall - before.wall }
    /// Of all servers that were measured together, and of each.
    var serverSeconds: Double { eachServerSeconds.reduce(0, +) }
    var eachServerSeconds: [Double] { zip(after.servers, before.servers).map { $0 - $1 } }
    var serverShare: Double { serverSeconds / seconds }
    var generatorShare: Double { (after.generator - before.generator) / seconds }
    var generatorSeconds: Double { after.generator - before.generator }

    /// The server's CPU for each of so many things, in microseconds.
    func serverMicroseconds(per count: Int) -> Double { serverSeconds / Double(count) * 1e6 }
}

extension Target {
    /// Lets things go on for so many seconds.
    func watch(_ seconds: Double) async throws -> Span { try await [self].watch(seconds) }

    /// What it took until `work` returned.
    func watch(_ work: () async throws -> Void) async throws -> Span {
        let before = Reading(meter)
        try await work()
        return Span(before: before, after: Reading(meter))
    }
}

extension [Target] {
    /// Lets things go on for so many seconds, and reads the clocks of all of them.
    func watch(_ seconds: Double) async throws -> Span {
        let meters = map(\.meter)
        let before = Reading(meters)
        try await Task.sleep(for: .seconds(seconds))
        return Span(before: before, after: Reading(meters))
    }
}

extension Report {
    /// The shares of a core, and in words whether the generator was what was measured.
    mutating func shares(_ spans: [Span]) {
        figure("server's share of a core", spans.map(\.serverShare), "")
        figure("generator's share of a core", spans.map(\.generatorShare), "")
        let full = spans.filter { $0.generatorShare > 0.9 }.count
        if full > 0 {
            text("limit", "the generator, whose core was full: the server could do more")
        }
    }

    /// The same where the generator never sleeps, so that its share says nothing.
    mutating func shares(_ spans: [Span], lateness: [Histogram]) {
        figure("server's share of a core", spans.map(\.serverShare), "")
        text("generator", "never sleeps")
        late(lateness)
    }

    /// How late the generator itself was; more than so many milliseconds are called a limit.
    mutating func late(_ lateness: [Histogram], bound: Double = 1) {
        let late = lateness.map { $0.milliseconds(at: 0.99) }
        figure("sent late p99", late, "ms", digits: 3)
        figure("sent late at most", lateness.map { $0.milliseconds(at: 1) }, "ms", digits: 3)
        if late.contains(where: { $0 > bound }) {
            text("limit", "the generator, which was late itself: latencies are partly its own")
        }
    }

    /// The usual points of a distribution.
    mutating func latency(_ name: String, _ latencies: [Histogram], withMost: Bool = false) {
        let points = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)]
        for (label, share) in points + (withMost ? [("at most", 1)] : []) {
            figure("\(name) \(label)", latencies.map { $0.milliseconds(at: share) }, "ms")
        }
    }
}
