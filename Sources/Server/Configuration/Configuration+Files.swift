import Foundation
public import Logging
import MartletNet
public import MartletStorage
import MartletStoragePostgreSQL
import MartletStorageSQLite

extension Configuration {
    /// The variables that this process was started with.
    public static var processEnvironment: [String: String] { ProcessInfo.processInfo.environment }

    /// Reads a file.
    ///
    /// - Throws: `ConfigError` for what is wrong in it, or the system's error when it cannot be read.
    public static func load(path: String) throws -> Configuration {
        try Configuration(String(contentsOfFile: path, encoding: .utf8))
    }

    /// Opens the store that the configuration names, and makes it at the first run.
    ///
    /// A database server that is away is waited for, a minute at most: containers start at once.
    ///
    /// `log` is where what becomes of a database server is told.
    public func openStore(log: Logger? = nil) async throws -> any Store {
        switch storage {
        case .memory: return MemoryStore()
        case .sqlite(let path, let options):
            try Folder.make(for: path)
            return try SQLiteStore(path: path, options: options, wakeUp: Self.wakeAtTurnEnd)
        case .postgresql(let url, let connections):
            var options = PostgreSQLOptions()
            options.connections = connections
            if log == nil { options.startTimeout = .seconds(5) }  // Someone sits and waits.
            return try await PostgreSQLStore.open(url: url, options: options) { sentence in
                log?.warning("\(sentence)")
            }
        }
    }

    /// One wake-up of the store's thread for all that a turn of a shard asks of it.
    private static let wakeAtTurnEnd: WakeUp = { ring in
        guard let shard = Shard.current else { return ring() }
        shard.atTurnEnd(ring)
    }
}
