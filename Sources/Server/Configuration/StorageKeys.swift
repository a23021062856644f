import MartletStoragePostgreSQL
import MartletStorageSQLite

/// `storage` as it is written.
struct StorageFields: Sendable {
    enum Driver: String, CaseIterable, Sendable { case sqlite, postgresql, memory }

    /// Nothing is PostgreSQL where there is a URL, and SQLite where there is none.
    var driver: Driver?
    var url: String?
    var connections = PostgreSQLOptions().connections
    var path = "data/martlet.db"
    var options = SQLiteOptions()

    init(_ choice: Configuration.StorageChoice) {
        switch choice {
        case .memory: driver = .memory
        case .sqlite(let path, let options):
            self.path = path
            self.options = options
        case .postgresql(let url, let connections):
            self.url = url
            self.connections = connections
        }
    }

    var choice: Configuration.StorageChoice {
        switch driver ?? (url == nil ? .sqlite : .postgresql) {
        case .memory: .memory
        case .sqlite: .sqlite(path: path, options: options)
        // What the URL leaves out, libpq takes from the environment: all of it, if it must.
        case .postgresql: .postgresql(url: url ?? "postgresql://", connections: connections)
        }
    }
}

extension ConfigKey<StorageFields> {
    static let storage: [ConfigKey] = [
        ConfigKey(
            "driver",
            \.driver,
            ConfigKind<StorageFields.Driver>.word.orNothing(),
            "Which store keeps the state: by itself `postgresql` where there is a `url`, else `sqlite`;"
                + " `memory` forgets everything when the server ends.",
            .restart
        ),
        ConfigKey(
            "url",
            \.url,
            ConfigKind<String>.databaseURL.orNothing(),
            "The PostgreSQL database, `postgresql://user:password@host/name`; what it leaves out comes from"
                + " libpq's environment, such as `PGPASSWORD` and `PGPASSFILE`.",
            .restart
        ),
        ConfigKey(
            "connections",
            \.connections,
            .whole(2...100),
            "Connections to PostgreSQL at most, for all domains together.",
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

extension ConfigKind<String> {
    /// A connection URI, shown without its password.
    static let databaseURL = Self(
        "text",
        show: { JSONText.quote($0.withoutPassword) }
    ) { value throws(ConfigError) in
        let text = try value.string()
        guard ["postgresql://", "postgres://"].contains(where: text.hasPrefix) else {
            throw value.fault("it does not begin with postgresql://")
        }
        return text
    }
}

extension String {
    /// A connection URI with `***` for the password, be it before the host or a parameter.
    var withoutPassword: String {
        var text = self
        if let scheme = text.range(of: "://") {
            let rest = text[scheme.upperBound...]
            let authority = rest.prefix { $0 != "/" && $0 != "?" }
            if let at = authority.lastIndex(of: "@") ?? rest.lastIndex(of: "@"),
                let colon = rest[..<at].firstIndex(of: ":")
            {
                text.replaceSubrange(text.index(after: colon)..<at, with: "***")
            }
        }
        guard let mark = text.lastIndex(of: "?") else { return text }
        let words = text[text.index(after: mark)...].split(separator: "&").map { word in
            word.contains("password=") ? word.prefix { $0 != "=" } + "=***" : word
        }
        return text[...mark] + words.joined(separator: "&")
    }
}
