internal import MartletPostgreSQL
public import MartletStorage

extension PostgreSQLStore {
    /// How the database is, what waits for it, and what has come of all calls since the start.
    public var figures: [StoreFigure] {
        let (writing, reading) = (pools.writing.metrics, pools.reading.metrics)
        func sum(_ number: KeyPath<PoolMetrics, Int>) -> Int {
            writing[keyPath: number] + reading[keyPath: number]
        }
        let (queued, tally) = (queue.load, tally.figures)
        return [
            StoreFigure("database", Self.state(writing, reading)),
            StoreFigure("connections.open", sum(\.open)),
            StoreFigure("connections.busy", sum(\.busy)),
            StoreFigure("connections.made", sum(\.connected)),
            StoreFigure("connections.lost", sum(\.lost)),
            StoreFigure("connections.refused", sum(\.failedAttempts)),
            StoreFigure("reads.waiting", reading.waiting),
            StoreFigure("reads.refused", reading.turnedAway),
            StoreFigure("writes.queued", queued.jobs),
            StoreFigure("writes.queued.bytes", queued.cost),
            StoreFigure("writes.done", tally.done),
            StoreFigure("writes.failed", tally.failed),
            StoreFigure("writes.commits", tally.commits),
        ]
    }

    private static func state(_ pools: PoolMetrics...) -> String {
        guard let away = pools.first(where: \.isAway) else { return "here" }
        return away.lastError.map { "away: \($0)" } ?? "away"
    }
}
