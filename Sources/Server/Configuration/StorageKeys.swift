import MartletStorageSQLite

/// `storage` as it is written.
struct StorageFields: Sendable {
    enum Driver: String, CaseIterable, Sendable { case sqlite, memory }

    var driver = Driver.sqlite
    var path = "data/martlet.db"
    var synchronous = SQLiteOptions.Durability.full

    init(_ choice: Configuration.StorageChoice) {
        switch choice {
        case .memory: driver = .memory
        case .sqlite(let path, let synchronous):
            self.path = path
            self.synchronous = synchronous
        }
    }

    var choice: Configuration.StorageChoice {
        driver == .memory ? .memory : .sqlite(path: path, synchronous: synchronous)
    }
}

extension ConfigKey<StorageFields> {
    static let storage: [ConfigKey] = [
        ConfigKey(
            "driver",
            \.driver,
            .word,
            "Which store keeps the state; `memory` forgets everything when the server ends.",
            .restart
        ),
        ConfigKey("path", \.path, .text, "The file of the SQLite database.", .restart),
        ConfigKey(
            "synchronous",
            \.synchronous,
            .word,
            "`full`: what was acknowledged survives a loss of power; `normal`: the end of the process.",
            .restart
        ),
    ]
}
