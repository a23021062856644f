import ArgumentParser
import Foundation

/// What a store costs and reaches, called as a server calls it: no server, and the disk is waited for.
struct StoreMicro: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract:
            "Call the stores: calls a second, CPU of each, in all and of the database's server.",
        discussion: """
            By turns: each kind of work, with each number of calls under way, in each store, again and \
            again. PostgreSQL is one that is started here, with Debian's defaults, or the one of --url, \
            into whose schema it writes owners of the domain 'load.example'. What the disk makes of a \
            small commit meanwhile stands beside it.
            """
    )

    @Option(parsing: .upToNextOption, help: "sqlite, postgresql.")
    var storage: [StorePlace.Kind] = [.sqlite]
    @Option(help: "The connection URI of a PostgreSQL that runs already.") var url: String?
    @Option(
        parsing: .upToNextOption,
        help: "append, documents, roster, offline, taken, login, page."
    )
    var work: [StoreWork.Kind] = [.append]
    @Option(parsing: .upToNextOption, help: "Calls under way at any time.")
    var inFlight = [1_600]
    @Option(help: "Owners, each with a roster of 100 and logs.") var owners = 400
    @Option(help: "Bytes of each value.") var valueBytes = 300
    @Option(help: "Seconds of each measurement.") var seconds = 2.0
    @Option(help: "Measurements of each, one after the other in the same database.") var runs = 5

    func validate() throws {
        guard owners >= 2, seconds > 0, runs > 0, inFlight.allSatisfy({ $0 > 0 }) else {
            throw ValidationError("two owners at least; numbers above 0")
        }
    }

    func run() async throws {
        let postgres = url == nil && storage.contains(.postgresql) ? try PostgresProcess() : nil
        defer { postgres?.stop() }
        var places: [StorePlace] = []
        let result: Result<Void, any Error>
        do {
            for kind in storage {
                places.append(try await StorePlace(kind, url: url, postgres))
            }
            try await measure(places)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for place in places { await place.close() }
        try result.get()
    }

    private func measure(_ places: [StorePlace]) async throws {
        let work = StoreWork(owners: owners, valueBytes: valueBytes)
        for place in places { try await work.prepare(place.store) }
        var rounds: [String: [StoreRound]] = [:]
        for _ in 0..<runs {
            for kind in self.work {
                for count in inFlight {
                    for place in places {
                        let round = try once(kind, count, work, place)
                        rounds[name(kind, count, place), default: []].append(round)
                    }
                }
            }
        }
        for place in places { show(rounds, of: place) }
    }

    private func name(_ kind: StoreWork.Kind, _ count: Int, _ place: StorePlace) -> String {
        "\(place.kind.rawValue) \(kind.rawValue) \(count)"
    }

    private func once(
        _ kind: StoreWork.Kind,
        _ count: Int,
        _ work: StoreWork,
        _ place: StorePlace
    ) throws -> StoreRound {
        let flow = StoreFlow(place.store, inFlight: count) { work.call(kind, $0, $1, $2) }
        let disk = try place.disk()
        let (database, begin) = (place.databaseSeconds(), ProcessMeter.wallSeconds())
        let cpu = ProcessMeter.ownSeconds()
        let callers = try flow.run(until: begin + seconds)
        let (own, passed) = (
            ProcessMeter.ownSeconds() - cpu, ProcessMeter.wallSeconds() - begin
        )
        let each = 1e6 / Double(max(1, flow.answered))
        return StoreRound(
            cpu: own * each,
            callers: callers * each,
            database: (place.databaseSeconds() - database) * each,
            rate: Double(flow.answered) / passed,
            disk: disk
        )
    }

    private func show(_ rounds: [String: [StoreRound]], of place: StorePlace) {
        var report = Report(
            "store, \(place.kind.rawValue)",
            ["owners": "\(owners)", "value bytes": "\(valueBytes)"],
            nil
        )
        for kind in work {
            for count in inFlight {
                let these = rounds[name(kind, count, place)] ?? []
                let label = "\(kind.rawValue), \(count) in flight"
                report.figure("\(label)", these.map(\.rate), "/s", digits: 0)
                report.figure("\(label): CPU", these.map(\.cpu), "µs", digits: 1)
                report.figure("\(label): of it the callers'", these.map(\.callers), "µs", digits: 1)
                report.figure(
                    "\(label): CPU of the database's server",
                    these.map(\.database),
                    "µs",
                    digits: 1
                )
                report.figure("\(label): fdatasync before, p50", these.map(\.disk), "ms")
            }
        }
        report.show()
    }
}

private struct StoreRound {
    let cpu: Double
    let callers: Double
    /// Of PostgreSQL's processes; not a number where it is not ours.
    let database: Double
    let rate: Double
    /// Milliseconds.
    let disk: Double
}
