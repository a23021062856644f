import Foundation
import MartletNet

/// One part of a longer run, which says so when it takes too long.
enum Part {
    /// When the part under way has to be over: no crew waits for longer.
    @TaskLocal static var end: ContinuousClock.Instant?

    /// Seconds after its end in which a part that failed puts its things away.
    private static let leaving = 30

    /// Does something within so many seconds.
    ///
    /// A crew that still waits then says who is missing. What hangs elsewhere cannot be ended from here: so
    /// the program says which part it was, and ends.
    ///
    /// - Throws: what the part met, with its name.
    static func run(
        _ name: String,
        within seconds: Int = 60,
        _ work: () async throws -> Void
    ) async throws {
        let watch = Shard(index: 0)
        watch.start()
        watch.submit {
            watch.schedule(after: .seconds(seconds + leaving)) { giveUp(name, seconds + leaving) }
        }
        var failure: LoadError?
        do {
            try await $end.withValue(.now + .seconds(seconds)) { try await work() }
        } catch {
            failure = LoadError("\(name): \(error)")
        }
        await watch.stop()
        if let failure { throw failure }
    }

    /// Seconds that are left, at least one, and no more than given.
    static func timeLeft(of seconds: Int) -> Int {
        guard let end else { return seconds }
        return min(seconds, max(1, Int(ContinuousClock.now.duration(to: end).components.seconds)))
    }

    private static func giveUp(_ name: String, _ seconds: Int) -> Never {
        let text = "Error: \(name): hangs after \(seconds) seconds, and no client is waited for\n"
        FileHandle.standardError.write(Data(text.utf8))
        Child.killAll()
        exit(EXIT_FAILURE)
    }
}
