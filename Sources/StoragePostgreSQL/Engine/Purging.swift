internal import MartletPostgreSQL
internal import Synchronization

/// Frees the space of owners that were removed, a few hundred rows at a time.
///
/// What fails is tried again after the next removal, or at the next start; several nodes pass over what
/// another one is at.
final class Purging: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        var isWanted = false
        var isClosed = false
    }

    private let pool: Pool
    private let state = Mutex(State())

    init(_ pool: Pool) { self.pool = pool }

    func begin() {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.isWanted = true
            if state.task == nil { state.task = Task { await self.run() } }
        }
    }

    /// Lets the portion under way finish.
    func end() async {
        let task = state.withLock { (state) -> Task<Void, Never>? in
            state.isClosed = true
            return state.task
        }
        await task?.value
    }

    private func run() async {
        while isWanted() {
            var isMore = true
            while isMore, !state.withLock(\.isClosed) { isMore = await purge() }
        }
    }

    private func isWanted() -> Bool {
        state.withLock { state in
            defer { state.isWanted = false }
            if !state.isWanted || state.isClosed { state.task = nil }
            return state.isWanted && !state.isClosed
        }
    }

    private func purge() async -> Bool {
        let rows = try? await pool.withConnection {
            (connection: isolated Connection) async throws(DatabaseError) in
            try await connection.round([Query("SELECT purge_removed(500)")])
        }
        return rows?.first?.boolean(0, 0) == true
    }
}
