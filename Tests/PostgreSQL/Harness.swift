import MartletNet
import Synchronization
import TestSupport
import Testing

@testable import MartletPostgreSQL

/// A pool on a shard of its own, and what it logs, for one test.
struct Harness {
    let shard: Shard
    let pool: Pool
    let book: EventBook

    init(_ url: String, _ change: (inout PoolOptions) -> Void = { _ in }) throws {
        var options = PoolOptions()
        options.firstPause = .milliseconds(20)
        options.longestPause = .milliseconds(200)
        change(&options)
        let book = EventBook()
        let shard = Shard(index: 0)
        pool = try Pool(url: url, options: options, shard: shard) { book.note($0) }
        shard.start()
        self.shard = shard
        self.book = book
    }

    func end() async {
        await pool.close()
        await shard.stop()
    }

    /// Lends a pool on an empty database of the shared server.
    static func use(
        _ change: (inout PoolOptions) -> Void = { _ in },
        _ body: (Harness) async throws -> Void
    ) async throws {
        let server = try await PostgreSQLServer.shared()
        let database = try await server.makeDatabase()
        try await use(server.url(of: database), change, body)
    }

    static func use(
        _ url: String,
        _ change: (inout PoolOptions) -> Void = { _ in },
        _ body: (Harness) async throws -> Void
    ) async throws {
        let harness = try Harness(url, change)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(harness))
        } catch {
            result = .failure(error)
        }
        await harness.end()
        try result.get()
    }

    /// Lends a connection to a body that may throw anything.
    func connected(
        _ body: @Sendable (isolated Connection) async throws -> Void
    ) async throws {
        let connection = try await pool.lease()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(connection))
        } catch {
            result = .failure(error)
        }
        await pool.giveBack(connection)
        try result.get()
    }

    /// Whether the database does what it is asked for.
    var answers: Bool {
        get async { (try? await ask("SELECT 1").integer(0, 0)) == 1 }
    }

    /// What one query gives.
    func ask(_ text: String, _ parameters: [Parameter] = []) async throws -> Rows {
        let rows = try await pool.round([Query(Statement(text), parameters)])
        guard let first = rows.first else {
            throw DatabaseError.unavailable("a round without results")
        }
        return first
    }
}

/// Keeps what a pool logs, and lets a test wait for it.
final class EventBook: Sendable {
    private struct State {
        var events: [PoolEvent] = []
        var waiting: [(@Sendable ([PoolEvent]) -> Bool, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var events: [PoolEvent] { state.withLock { $0.events } }
    var lines: [String] { events.map(\.description) }

    func note(_ event: PoolEvent) {
        let ready = state.withLock { state in
            state.events.append(event)
            let ready = state.waiting.filter { $0.0(state.events) }.map(\.1)
            state.waiting.removeAll { $0.0(state.events) }
            return ready
        }
        for waiter in ready { waiter.resume() }
    }

    /// Returns when `condition` holds of all that was logged.
    func wait(_ condition: @escaping @Sendable ([PoolEvent]) -> Bool) async {
        await withCheckedContinuation { continuation in
            let holds = state.withLock { state in
                let holds = condition(state.events)
                if !holds { state.waiting.append((condition, continuation)) }
                return holds
            }
            if holds { continuation.resume() }
        }
    }
}

extension PoolEvent {
    var isAway: Bool { if case .away = self { true } else { false } }
    var isBack: Bool { if case .back = self { true } else { false } }
    var isLoss: Bool { if case .lost = self { true } else { false } }
}

/// What an operation failed with; nil if it did not.
func faultOf<Value: Sendable>(_ operation: () async throws -> Value) async -> DatabaseError? {
    do {
        _ = try await operation()
        return nil
    } catch {
        return error as? DatabaseError
    }
}

extension DatabaseError {
    var failure: ServerFailure? { if case .server(let failure) = self { failure } else { nil } }
    var sqlState: String? { failure?.sqlState }
    var isLoss: Bool { if case .lost = self { true } else { false } }
    var isUnavailable: Bool { if case .unavailable = self { true } else { false } }
    var isRefusal: Bool { if case .refused = self { true } else { false } }

    /// Of a lost connection.
    var mayHaveCommitted: Bool? {
        if case .lost(_, let mayHaveCommitted) = self { mayHaveCommitted } else { nil }
    }
}
