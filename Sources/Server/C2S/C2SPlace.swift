import MartletCore
import MartletNet
import MartletXML
import Synchronization

/// What belongs to one shard: its pool of parsers and the connections that live there.
///
/// Unchecked, because `pool` is used on the shard's own thread alone; the rest is locked.
final class C2SPlace: @unchecked Sendable {
    let shard: Shard
    let pool = ParserPool()
    let connections = ConnectionTable()

    init(_ shard: Shard) {
        self.shard = shard
    }

    /// Ends the streams of this shard; returns when the last connection is gone.
    func closeAll(_ error: StreamError) async {
        shard.submit {
            for connection in self.connections.all {
                connection.assumeIsolated { $0.shutDown(error) }
            }
        }
        await connections.empty()
    }
}

/// The connections of one shard, so that they can be found when the server stops.
final class ConnectionTable: Sendable {
    private struct Table {
        var connections: [ObjectIdentifier: C2SConnection] = [:]
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let table = Mutex(Table())

    var count: Int { table.withLock { $0.connections.count } }
    var all: [C2SConnection] { table.withLock { Array($0.connections.values) } }

    func insert(_ id: ObjectIdentifier, _ connection: C2SConnection) {
        table.withLock { $0.connections[id] = connection }
    }

    func remove(_ id: ObjectIdentifier) {
        let waiters = table.withLock { table -> [CheckedContinuation<Void, Never>] in
            table.connections[id] = nil
            guard table.connections.isEmpty else { return [] }
            defer { table.waiters = [] }
            return table.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when there is none.
    func empty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = table.withLock { table in
                if !table.connections.isEmpty { table.waiters.append(continuation) }
                return table.connections.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }
}
