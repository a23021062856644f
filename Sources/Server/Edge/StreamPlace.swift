import MartletNet
import MartletXML

/// The parsers of all shards: each shard's are lent to all its streams, of whatever kind.
///
/// Unchecked, because a pool is used on its shard's own thread alone.
final class ParserPools: @unchecked Sendable {
    private let pools: [ParserPool]

    init(shards: Int) {
        pools = (0..<shards).map { _ in ParserPool() }
    }

    subscript(shard: Shard) -> ParserPool { pools[shard.index] }
}

/// What belongs to one shard: the connections of one kind that live there.
final class StreamPlace<Connection: ShardHomed>: Sendable {
    let shard: Shard
    let connections = ConnectionTable<Connection>()

    init(_ shard: Shard) {
        self.shard = shard
    }

    /// Does something to each connection that lives here now; returns when it is done.
    func visit(_ body: @escaping @Sendable (isolated Connection) -> Void) async {
        await withCheckedContinuation { continuation in
            shard.submit {
                for connection in self.connections.all { connection.assumeIsolated(body) }
                continuation.resume()
            }
        }
    }
}
