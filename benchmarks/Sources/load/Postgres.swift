import ArgumentParser
import MartletNet
import MartletPostgreSQL
import Synchronization

/// What our PostgreSQL driver reaches with one row a statement, with many, and with many statements.
struct Postgres: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Insert into PostgreSQL: single rows, batches, pipelines; starts a server itself."
    )

    @Option(
        help: "The connection URI of a database that runs already; a table is made and dropped."
    )
    var uri: String?
    @Option(help: "Seconds of each measurement.") var seconds = 2.0
    @Option(help: "Measurements of each way, by turns.") var runs = 3
    @Option(help: "Rows of a batch, and statements of a pipeline.") var rows = 100
    @Option(help: "Bytes of each row's value.") var valueBytes = 200

    func run() async throws {
        let server = uri == nil ? try PostgresProcess() : nil
        defer { server?.stop() }
        let shard = Shard(index: 0)
        shard.start()
        let pool = try Pool(url: uri ?? server?.url ?? "", shard: shard)
        let result: Result<Void, any Error>
        do {
            result = .success(try await measure(pool))
        } catch {
            result = .failure(error)
        }
        await pool.close()
        await shard.stop()
        try result.get()
    }

    private func measure(_ pool: Pool) async throws {
        _ = try await pool.round([
            Query(.once("DROP TABLE IF EXISTS martlet_load")),
            Query(.once(InsertFlow.table)),
        ])
        let settings = try await pool.round([
            Query(.once("SELECT current_setting('server_version')")),
            Query(.once("SELECT current_setting('fsync')")),
        ])
        var figures: [InsertWay: [InsertTally]] = [:]
        let ways = InsertWay.all(rows: rows)
        for _ in 0..<runs {
            for way in ways {
                figures[way, default: []].append(try await once(way, pool))
            }
        }
        _ = try await pool.round([Query(.once("DROP TABLE martlet_load"))])
        var report = Report(
            "postgres",
            [
                "version": settings[0].text(0, 0) ?? "?", "fsync": settings[1].text(0, 0) ?? "?",
                "value bytes": "\(valueBytes)",
            ],
            nil
        )
        for way in ways { add(figures[way] ?? [], of: way, to: &report) }
        report.show()
    }

    private func add(_ tallies: [InsertTally], of way: InsertWay, to report: inout Report) {
        report.figure("\(way.name): rows", tallies.map(\.rate), "/s", digits: 0)
        report.figure("\(way.name): p50", tallies.map { $0.latency(0.5) }, "ms")
        report.figure("\(way.name): p99", tallies.map { $0.latency(0.99) }, "ms")
        report.figure("\(way.name): own CPU per row", tallies.map(\.cpu), "µs")
    }

    /// Each way begins with an empty table.
    private func once(_ way: InsertWay, _ pool: Pool) async throws -> InsertTally {
        _ = try await pool.round([Query(.once("TRUNCATE martlet_load"))])
        _ = try await pool.round([Query(.once("CHECKPOINT"))], within: .seconds(60))
        let (begin, cpu) = (ProcessMeter.wallSeconds(), ProcessMeter.ownSeconds())
        var tallies: [InsertTally] = []
        try await withThrowingTaskGroup(of: InsertTally.self) { group in
            for _ in 0..<way.connections {
                group.addTask {
                    let connection = try await pool.lease()
                    let flow = InsertFlow(way, valueBytes: valueBytes, until: begin + seconds)
                    let tally = await flow.run(on: connection)
                    await pool.giveBack(connection)
                    return try tally.get()
                }
            }
            for try await tally in group { tallies.append(tally) }
        }
        let used = ProcessMeter.ownSeconds() - cpu
        let passed = ProcessMeter.wallSeconds() - begin
        var all = InsertTally(rows: tallies.map(\.rows).reduce(0, +))
        all.latencies = tallies.flatMap(\.latencies).sorted()
        all.rate = Double(all.rows) / passed
        all.cpu = used / Double(max(1, all.rows)) * 1e6
        return all
    }
}

/// A way to insert.
struct InsertWay: Hashable, Sendable {
    let name: String
    /// Queries of a round, rows of a query, rounds under way on each connection.
    let queries: Int
    let rows: Int
    let inFlight: Int
    let connections: Int

    static func all(rows: Int) -> [InsertWay] {
        [
            InsertWay(name: "single", queries: 1, rows: 1, inFlight: 1, connections: 1),
            InsertWay(
                name: "pipeline of \(rows), a transaction each",
                queries: 1,
                rows: 1,
                inFlight: rows,
                connections: 1
            ),
            InsertWay(
                name: "\(rows) statements, one transaction",
                queries: rows,
                rows: 1,
                inFlight: 1,
                connections: 1
            ),
            InsertWay(
                name: "unnest of \(rows)",
                queries: 1,
                rows: rows,
                inFlight: 1,
                connections: 1
            ),
            InsertWay(
                name: "unnest of \(rows), two under way",
                queries: 1,
                rows: rows,
                inFlight: 2,
                connections: 1
            ),
            InsertWay(
                name: "unnest of \(rows), two connections",
                queries: 1,
                rows: rows,
                inFlight: 1,
                connections: 2
            ),
            InsertWay(
                name: "unnest of \(10 * rows)",
                queries: 1,
                rows: 10 * rows,
                inFlight: 1,
                connections: 1
            ),
        ]
    }
}

/// What a way came to.
struct InsertTally: Sendable {
    var rows: Int
    var rate = 0.0
    var cpu = 0.0
    /// Milliseconds from sending to the answer, of each round.
    var latencies: [Double] = []

    func latency(_ share: Double) -> Double {
        latencies.isEmpty ? .nan : latencies[Int(Double(latencies.count - 1) * share)]
    }
}
