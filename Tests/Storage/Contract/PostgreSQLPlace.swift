import MartletPostgreSQL
import MartletStorage
import MartletStoragePostgreSQL
import Synchronization
import TestSupport

/// An empty schema for one test, in a server that all tests of the process share.
///
/// It is not dropped: the server's folder goes away with the process.
final class PostgreSQLPlace: Sendable {
    let url: String
    let schema: String
    /// The connections of one test, of those that the server has.
    private let seat: Seats.Seat

    private static let seats = Seats(12)
    private static let counter = Mutex(0)

    init() async throws {
        seat = await Self.seats.take()
        let server = try await PostgreSQLServer.shared()
        let number = Self.counter.withLock { count in
            count += 1
            return count
        }
        schema = "test_\(number)"
        try await server.sql("CREATE SCHEMA \(schema)")
        url = server.url() + "&options=-csearch_path%3D\(schema)"
    }

    /// The same over TCP, through something on a port of 127.0.0.1 that passes each statement's text.
    func url(through port: UInt16) -> String {
        "postgresql://postgres@127.0.0.1:\(port)/postgres?sslmode=disable&prepare=off"
            + "&options=-csearch_path%3D\(schema)"
    }

    func open(_ now: @escaping @Sendable () -> Timestamp) async throws -> PostgreSQLStore {
        var options = PostgreSQLOptions()
        options.connections = 3
        return try await PostgreSQLStore.open(url: url, options: options, now: now)
    }

    /// What `psql` prints for a statement in the schema.
    @discardableResult
    func sql(_ text: String) async throws -> String {
        try await PostgreSQLServer.shared().sql("SET search_path = \(schema); \(text)")
    }
}

/// How many tests may be in the server at once: those that have no seat wait.
final class Seats: Sendable {
    /// Given back with the last reference to it.
    final class Seat: Sendable {
        private let seats: Seats

        fileprivate init(_ seats: Seats) { self.seats = seats }

        deinit { seats.giveBack() }
    }

    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    func take() async -> Seat {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { (state) -> Bool in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        return Seat(self)
    }

    private func giveBack() {
        let next = state.withLock { (state) -> CheckedContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
