import MartletNet
import MartletPostgreSQL

/// Keeps so many rounds of inserts under way on one connection until its time is over.
struct InsertFlow: Sendable {
    static let table = """
        CREATE TABLE martlet_load (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            owner bigint NOT NULL, at timestamptz NOT NULL, value bytea NOT NULL)
        """
    private static let one: Statement =
        "INSERT INTO martlet_load (owner, at, value) VALUES ($1, $2, $3)"
    private static let many: Statement =
        "INSERT INTO martlet_load (owner, at, value) SELECT * FROM unnest($1, $2, $3)"

    private let way: InsertWay
    private let value: [UInt8]
    private let end: Double

    init(_ way: InsertWay, valueBytes: Int, until end: Double) {
        self.way = way
        self.end = end
        value = Array(repeating: UInt8(ascii: "x"), count: valueBytes)
    }

    func run(on connection: isolated Connection) async -> Result<InsertTally, DatabaseError> {
        await withCheckedContinuation { continuation in
            let state = State(continuation)
            for _ in 0..<way.inFlight { send(on: connection, state) }
        }
    }

    /// What the callbacks of one connection count, on its shard.
    private final class State {
        var tally = InsertTally(rows: 0)
        var underWay = 0
        var fault: DatabaseError?
        let continuation: CheckedContinuation<Result<InsertTally, DatabaseError>, Never>

        init(_ continuation: CheckedContinuation<Result<InsertTally, DatabaseError>, Never>) {
            self.continuation = continuation
        }
    }

    private func send(on connection: isolated Connection, _ state: State) {
        state.underWay += 1
        let begin = ProcessMeter.wallSeconds()
        connection.submit(round(begin)) { result in
            state.underWay -= 1
            let now = ProcessMeter.wallSeconds()
            switch result {
            case .success:
                state.tally.rows += way.queries * way.rows
                state.tally.latencies.append((now - begin) * 1000)
            case .failure(let fault): state.fault = fault
            }
            if now < end, state.fault == nil {
                send(on: connection, state)
            } else if state.underWay == 0 {
                state.continuation.resume(
                    returning: state.fault.map { .failure($0) } ?? .success(state.tally)
                )
            }
        }
    }

    private func round(_ time: Double) -> [Query] {
        let at = Int64(time * 1e6)
        return (0..<way.queries).map { number in
            if way.rows == 1 {
                return Query(Self.one, [.integer(number), .time(at), .bytes(value)])
            }
            let owners = (0..<way.rows).map { Int64($0) as Int64? }
            let times = Array(repeating: at as Int64?, count: way.rows)
            let values = Array(repeating: value as [UInt8]?, count: way.rows)
            return Query(Self.many, [.integers(owners), .times(times), .byteStrings(values)])
        }
    }
}
