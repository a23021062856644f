import MartletCore
import MartletNet
import Synchronization

/// All connections of one kind, over all shards, and how all of them end.
final class LiveStreams<Connection: ShardHomed>: Sendable {
    let places: [StreamPlace<Connection>]
    let parsers: ParserPools
    /// Why no stream goes on, once the server stops.
    private let ending = Mutex<StreamError?>(nil)

    init(on shards: [Shard], parsers: ParserPools) {
        places = shards.map { StreamPlace($0) }
        self.parsers = parsers
    }

    func remember(_ connection: Connection) {
        places[connection.shard.index].connections.insert(connection)
    }

    /// A connection is about to leave its shard for another: it is never in neither table.
    func expect(on shard: Shard) {
        places[shard.index].connections.expect()
    }

    func welcome(_ connection: Connection) {
        places[connection.shard.index].connections.welcome(connection)
    }

    func forget(_ connection: Connection) {
        places[connection.shard.index].connections.remove(connection)
    }

    var count: Int { places.reduce(0) { $0 + $1.connections.count } }

    /// Why a stream that only just arrives must end at once, if it must.
    var reasonToEnd: StreamError? { ending.withLock { $0 } }

    /// Ends every stream, those too that are on their way between shards; returns when all are gone.
    func closeAll(
        _ error: StreamError,
        _ shutDown: @escaping @Sendable (isolated Connection) -> Void
    ) async {
        ending.withLock { $0 = error }
        for place in places { await place.visit(shutDown) }
        while count > 0 {
            for place in places { await place.connections.empty() }
        }
    }
}
