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

    /// Does something to each connection that lives here now; returns when it is done.
    func visit(_ body: @escaping @Sendable (isolated C2SConnection) -> Void) async {
        await withCheckedContinuation { continuation in
            shard.submit {
                for connection in self.connections.all { connection.assumeIsolated(body) }
                continuation.resume()
            }
        }
    }
}

/// The connections of one shard, so that they can be found when the server stops.
final class ConnectionTable: Sendable {
    private struct Table {
        var connections: [ObjectIdentifier: C2SConnection] = [:]
        /// How many are on their way here from another shard.
        var arriving = 0
        var isEmpty: Bool { connections.isEmpty && arriving == 0 }
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let table = Mutex(Table())

    var count: Int { table.withLock { $0.connections.count + $0.arriving } }
    var all: [C2SConnection] { table.withLock { Array($0.connections.values) } }

    func insert(_ id: ObjectIdentifier, _ connection: C2SConnection) {
        table.withLock { $0.connections[id] = connection }
    }

    /// A connection sets out for this shard; `welcome` follows.
    func expect() {
        table.withLock { $0.arriving += 1 }
    }

    func welcome(_ id: ObjectIdentifier, _ connection: C2SConnection) {
        table.withLock { table in
            table.arriving -= 1
            table.connections[id] = connection
        }
    }

    func remove(_ id: ObjectIdentifier) {
        let waiters = table.withLock { table -> [CheckedContinuation<Void, Never>] in
            table.connections[id] = nil
            guard table.isEmpty else { return [] }
            defer { table.waiters = [] }
            return table.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when there is none.
    func empty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = table.withLock { table in
                if !table.isEmpty { table.waiters.append(continuation) }
                return table.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }
}
