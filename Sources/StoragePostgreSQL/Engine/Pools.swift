internal import MartletNet
internal import MartletPostgreSQL
internal import Synchronization

/// The connections of a store: one that writes, and the others, for reads.
///
/// Each kind has a pool of its own, so that reads which wait for a lock, or for the disk, keep no write
/// waiting.
struct Pools: Sendable {
    let writing: Pool
    let reading: Pool

    /// Reads the URL; connects to nothing yet.
    init(
        url: String,
        options: PostgreSQLOptions,
        shard: Shard,
        log: @escaping @Sendable (PoolEvent) -> Void
    ) throws(DatabaseError) {
        var settings = PoolOptions()
        settings.waitTimeout = options.waitTimeout
        settings.queueBound = options.queuedReads
        let news = PoolNews(log)
        settings.size = max(1, options.connections - 1)
        reading = try Pool(url: url, options: settings, shard: shard) {
            news.take($0, from: .reads)
        }
        settings.size = 1
        writing = try Pool(url: url, options: settings, shard: shard) {
            news.take($0, from: .writes)
        }
    }

    func close() async {
        await writing.close()
        await reading.close()
    }
}

/// Joins what two pools say of one database: it is away when the first says so, and back when all are.
final class PoolNews: Sendable {
    enum Source: Hashable { case reads, writes }

    private let away = Mutex<Set<Source>>([])
    private let log: @Sendable (PoolEvent) -> Void

    init(_ log: @escaping @Sendable (PoolEvent) -> Void) { self.log = log }

    func take(_ event: PoolEvent, from source: Source) {
        let isNews = away.withLock { (away) -> Bool in
            switch event {
            case .away:
                let isFirst = away.isEmpty
                away.insert(source)
                return isFirst
            case .back: return away.remove(source) != nil && away.isEmpty
            case .lost: return true
            }
        }
        if isNews { log(event) }
    }
}
