/// Work that may not take longer than it is given.
enum Deadline {
    /// Does the work; returns when it is done or the time is over, whichever comes first.
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
        var iterator = results.makeAsyncIterator()
        return await iterator.next() ?? false
    }
}
