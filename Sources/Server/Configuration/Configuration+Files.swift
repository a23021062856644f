import Foundation
import MartletNet
public import MartletStorage
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
    public func openStore() async throws -> any Store {
        switch storage {
        case .memory: return MemoryStore()
        case .sqlite(let path, let options):
            try Folder.make(for: path)
            return try SQLiteStore(path: path, options: options, wakeUp: Self.wakeAtTurnEnd)
        }
    }

    /// One wake-up of the store's thread for all that a turn of a shard asks of it.
    private static let wakeAtTurnEnd: WakeUp = { ring in
        guard let shard = Shard.current else { return ring() }
        shard.atTurnEnd(ring)
    }
}
