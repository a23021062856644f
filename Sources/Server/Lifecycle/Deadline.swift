/// Work that may not take longer than it is given.
enum Deadline {
    /// Does the work; returns when it is done or the time is over, whichever comes first, also
    /// when the caller's task is cancelled.
    ///
    /// - Returns: whether the work came to its end.
    @discardableResult
    static func within(
        _ limit: Duration,
        _ work: @escaping @Sendable () async -> Void
    ) async -> Bool {
        let (results, ended) = AsyncStream<Bool>.makeStream()
        // Neither task is waited for: the work that overstays is what the caller gives up on.
        let working = Task {
            await work()
            ended.yield(true)
        }
        let waiting = Task {
            try await Task.sleep(for: limit)
            ended.yield(false)
        }
        defer {
            working.cancel()
            waiting.cancel()
        }
        // In a task of its own: what must be finished is waited for in a cancelled task too.
        return await Task { await results.first { _ in true } ?? false }.value
    }
}
