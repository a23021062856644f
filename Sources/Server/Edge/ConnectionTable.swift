import Synchronization

/// The connections of one kind on one shard, so that they can be found when the server stops.
final class ConnectionTable<Connection: AnyObject & Sendable>: Sendable {
    private struct Table {
        var connections: [ObjectIdentifier: Connection] = [:]
        /// How many are on their way here from another shard.
        var arriving = 0
        var isEmpty: Bool { connections.isEmpty && arriving == 0 }
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let table = Mutex(Table())

    var count: Int { table.withLock { $0.connections.count + $0.arriving } }
    var all: [Connection] { table.withLock { Array($0.connections.values) } }

    func insert(_ connection: Connection) {
        table.withLock { $0.connections[ObjectIdentifier(connection)] = connection }
    }

    /// A connection sets out for this shard; `welcome` follows.
    func expect() {
        table.withLock { $0.arriving += 1 }
    }

    func welcome(_ connection: Connection) {
        table.withLock { table in
            table.arriving -= 1
            table.connections[ObjectIdentifier(connection)] = connection
        }
    }

    func remove(_ connection: Connection) {
        let waiters = table.withLock { table -> [CheckedContinuation<Void, Never>] in
            table.connections[ObjectIdentifier(connection)] = nil
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
