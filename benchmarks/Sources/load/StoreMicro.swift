import ArgumentParser
import Foundation
import MartletStorage
import MartletStorageSQLite
import Synchronization

/// What an append costs the embedded store, as an archive appends: no server, the file on disk.
struct StoreMicro: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract:
            "Appends to the logs of many owners: CPU of each, in all and of the store's thread."
    )

    @Option(help: "Owners, each with a log.") var owners = 400
    @Option(help: "Bytes of each value.") var valueBytes = 300
    @Option(help: "Appends under way at any time.") var inFlight = 1_600
    @Option(help: "Appends of each measurement.") var appends = 100_000
    @Option(help: "Measurements, one after the other on the same file.") var runs = 5

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("martlet-store-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("martlet.db").path
        let store = try SQLiteStore(path: path)
        var report = Report(
            "store",
            [
                "owners": "\(owners)", "value bytes": "\(valueBytes)", "in flight": "\(inFlight)",
                "appends": "\(appends)",
            ],
            nil
        )
        let rounds = try await measure(store)
        report.figure("CPU per append", rounds.map(\.cpu), "µs")
        report.figure("of it the callers'", rounds.map(\.callers), "µs")
        report.figure("appends", rounds.map(\.rate), "/s", digits: 0)
        await store.close()
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        report.figure("file per append", Double(size) / Double(appends * runs), "bytes", digits: 0)
        report.show()
    }

    private func measure(_ store: SQLiteStore) async throws -> [StoreRound] {
        var rounds: [StoreRound] = []
        for _ in 0..<runs {
            let flow = StoreFlow(store, self)
            let (begin, cpu) = (ProcessMeter.wallSeconds(), ProcessMeter.ownSeconds())
            let callers = try flow.run()
            let used = ProcessMeter.ownSeconds() - cpu
            let seconds = ProcessMeter.wallSeconds() - begin
            rounds.append(
                StoreRound(
                    cpu: used / Double(appends) * 1e6,
                    callers: callers / Double(appends) * 1e6,
                    rate: Double(appends) / seconds
                )
            )
        }
        return rounds
    }
}

private struct StoreRound {
    let cpu: Double
    let callers: Double
    let rate: Double
}

/// Keeps so many appends under way: what the store answers is followed by the next from one thread, as
/// from a shard's.
private final class StoreFlow: Sendable {
    private struct State {
        var answered = 0
        var failure: StorageError?
    }

    private let store: SQLiteStore
    private let terms: StoreMicro
    private let owners: [Owner]
    private let state = Mutex(State())
    private let answers = DispatchSemaphore(value: 0)

    init(_ store: SQLiteStore, _ terms: StoreMicro) {
        self.store = store
        self.terms = terms
        owners = (0..<terms.owners).map {
            Owner(domain: "localhost", name: "user\($0)-0123456789abcdef@localhost")
        }
    }

    /// Appends all, half of what may be under way at a time, and gives the seconds of CPU that calling took.
    func run() throws -> Double {
        let half = max(1, terms.inFlight / 2)
        var (sent, seconds) = (0, 0.0)
        while sent < terms.appends {
            if sent >= 2 * half { answers.wait() }
            let begin = Self.threadSeconds()
            for number in sent..<sent + half { append(number, of: half) }
            seconds += Self.threadSeconds() - begin
            sent += half
        }
        for _ in 0..<min(2, sent / half) { answers.wait() }
        if let failure = state.withLock({ $0.failure }) { throw failure }
        return seconds
    }

    /// Each message is appended by the two of a pair, with the same value.
    private func append(_ number: Int, of half: Int) {
        let pair = number / 2 % (owners.count / 2)
        let owner = owners[pair * 2 + number % 2]
        let peer = owners[pair * 2 + 1 - number % 2]
        var value = Array(repeating: UInt8(ascii: "x"), count: terms.valueBytes)
        withUnsafeBytes(of: number / 2) { value.replaceSubrange(0..<8, with: $0) }
        let entry = NewLogEntry(
            time: Timestamp(microseconds: Int64(number)),
            columns: ["peer": peer.name],
            value: value
        )
        store.perform([.append([entry], to: "archive")], of: owner) { [self] result in
            let isHalf = state.withLock { state in
                state.answered += 1
                if case .failure(let failure) = result { state.failure = failure }
                return state.answered.isMultiple(of: half)
            }
            if isHalf { answers.signal() }
        }
    }

    private static func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
