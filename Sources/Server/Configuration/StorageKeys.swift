import MartletStorageSQLite

/// `storage` as it is written.
struct StorageFields: Sendable {
    enum Driver: String, CaseIterable, Sendable { case sqlite, memory }

    var driver = Driver.sqlite
    var path = "data/martlet.db"
    var options = SQLiteOptions()

    init(_ choice: Configuration.StorageChoice) {
        switch choice {
        case .memory: driver = .memory
        case .sqlite(let path, let options):
            self.path = path
            self.options = options
        }
    }

    var choice: Configuration.StorageChoice {
        driver == .memory ? .memory : .sqlite(path: path, options: options)
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
            \.options.durability,
            .word,
            "`full`: what was acknowledged survives a loss of power; `normal`: the end of the process.",
            .restart
        ),
        ConfigKey(
            "cacheBytes",
            \.options.cachedBytes,
            .whole(65_536...1_073_741_824, "bytes"),
            "What of the database is kept in memory: so much by who writes and so much by who reads.",
            .restart
        ),
        ConfigKey(
            "unindexedEntries",
            \.options.unindexedEntries,
            .whole(1...1_000_000),
            """
            Messages of archives that wait to be indexed together, 150 bytes of memory each; the more, the \
            less is written for one.
            """,
            .restart
        ),
    ]
}
