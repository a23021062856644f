import ArgumentParser

/// How long, and how often.
struct Timing: ParsableArguments {
    @Option(help: "Seconds of each measurement.") var seconds = 5.0
    @Option(help: "Seconds before the first one.") var warmUp = 2.0
    @Option(help: "Measurements, one after the other on the same connections.") var runs = 5
}
