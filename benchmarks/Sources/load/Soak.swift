import ArgumentParser

/// The mix for a long time.
struct Soak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The mix for minutes or hours: growth of memory and descriptors, messages lost.",
        discussion: """
            What 'mix' does, with the same options; every '--interval' seconds the memory and the \
            descriptors of the server are read. Growth is the slope of a line through the samples (least \
            squares), and the mean of the last quarter against that of the first. It fails when a message \
            was lost or doubled, or anything was refused.
            """
    )

    @OptionGroup var target: TargetOptions
    @OptionGroup var mix: MixOptions
    @Option(help: "Minutes.") var minutes = 60.0
    @Option(help: "Seconds between two samples.") var interval = 10.0
    @Option(help: "Seconds before the first.") var warmUp = 10.0

    func run() async throws {
        let target = try await mix.open(self.target)
        defer { target.close() }
        let (report, outcome) = try await measure(target)
        report.show()
        try outcome.check()
    }

    func measure(_ target: Target) async throws -> (Report, MixOutcome) {
        let town = try await mix.begin(target, self.target)
        try await Task.sleep(for: .seconds(warmUp))
        _ = try await town.crew.read { town.take() }
        var samples = [Sample(target.meter)]
        let begin = Reading(target.meter)
        while ProcessMeter.wallSeconds() - begin.wall < minutes * 60 {
            try await Task.sleep(for: .seconds(interval))
            samples.append(Sample(target.meter))
        }
        let span = Span(before: begin, after: Reading(target.meter))
        let tally = try await town.crew.read { town.take() }
        let outcome = try await MixOutcome(endOf: town)
        var report = Report("soak", mix.settings, target)
        report.figure("minutes", span.seconds / 60, "")
        report.growth("memory", samples.map { ($0.time, $0.kibibytes) }, "KiB")
        report.growth("descriptors", samples.map { ($0.time, $0.descriptors) }, "")
        report.shares([span])
        report.rates(tally, span)
        report.latency("message", [tally.messages], withMost: true)
        report.late([tally.lateness], bound: 20)
        report.tell(outcome)
        return (report, outcome)
    }

    private struct Sample {
        let time = ProcessMeter.wallSeconds()
        let kibibytes: Double
        let descriptors: Double

        init(_ meter: ProcessMeter?) {
            kibibytes = meter?.residentKiB() ?? .nan
            descriptors = meter.flatMap { Descriptors.count(of: $0.pid) }.map(Double.init) ?? .nan
        }
    }
}

extension Report {
    fileprivate mutating func growth(
        _ name: String,
        _ samples: [(time: Double, value: Double)],
        _ unit: String
    ) {
        let values = samples.map(\.value)
        let quarter = max(1, values.count / 4)
        let (early, late) = (mean(values.prefix(quarter)), mean(values.suffix(quarter)))
        figure("\(name) in the first quarter", early, unit, digits: 1)
        figure("\(name) in the last quarter", late, unit, digits: 1)
        figure("\(name) grew by", late - early, unit, digits: 1)
        figure("\(name): slope", slope(samples) * 3_600, "\(unit)/hour", digits: 1)
    }

    private func mean(_ values: some Collection<Double>) -> Double {
        values.reduce(0, +) / Double(values.count)
    }

    /// Of the line that is nearest to all samples.
    private func slope(_ samples: [(time: Double, value: Double)]) -> Double {
        let (time, value) = (mean(samples.map(\.time)), mean(samples.map(\.value)))
        let above = samples.map { ($0.time - time) * ($0.value - value) }.reduce(0, +)
        let below = samples.map { ($0.time - time) * ($0.time - time) }.reduce(0, +)
        return below > 0 ? above / below : 0
    }
}
