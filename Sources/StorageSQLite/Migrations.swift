internal import MartletStorage

/// How the schema came to be what it is: one step for each version, forward only.
///
/// `PRAGMA user_version` says which steps a database has had; each is one transaction with its number.
/// A step that was released never changes.
enum Migrations {
    /// Which program the file belongs to: "MRTL", where `file` and others look for it.
    private static let applicationID: Int64 = 0x4d52_544c

    static var newest: Int { steps.count }

    /// Refuses what is not ours or newer than we are, without writing anything.
    static func check(_ database: Database) throws(StorageError) {
        let version = try pragma("user_version", of: database)
        let application = try pragma("application_id", of: database)
        let tables = try database.row("SELECT count(*) FROM sqlite_schema") { $0.integer(0) } ?? 0
        if version == 0 && application == 0 && tables == 0 { return }
        guard application == applicationID else {
            throw .incompatible("it is the database of another program; nothing was changed")
        }
        guard version <= newest else {
            throw .incompatible(
                "its schema is version \(version), and this server knows versions up to \(newest);"
                    + " run the newer server, or restore a copy from before; nothing was changed"
            )
        }
    }

    /// Takes the steps that are missing; another process that does the same waits, and finds none.
    static func run(on database: Database) throws(StorageError) {
        guard try pragma("user_version", of: database) < newest else { return }
        for (index, step) in steps.enumerated() {
            try database.transaction { () throws(StorageError) in
                guard try pragma("user_version", of: database) == index else { return }
                try database.runScript(step)
                try database.runScript("PRAGMA application_id = \(applicationID)")
                try database.runScript("PRAGMA user_version = \(index + 1)")
            }
        }
    }

    private static func pragma(_ name: String, of database: Database) throws(StorageError) -> Int64
    {
        try database.row("PRAGMA \(name)") { $0.integer(0) } ?? 0
    }

    /// See `Schema.md` for what the tables mean.
    private static let steps = [
        """
        CREATE TABLE sequence (last INTEGER NOT NULL);
        INSERT INTO sequence (last) VALUES (0);

        CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

        CREATE TABLE account (
            domain INTEGER NOT NULL,
            localpart TEXT NOT NULL,
            verifiers BLOB NOT NULL,
            is_disabled INTEGER NOT NULL,
            created INTEGER NOT NULL,
            PRIMARY KEY (domain, localpart)
        ) WITHOUT ROWID;

        CREATE TABLE owner (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            domain INTEGER NOT NULL,
            name TEXT NOT NULL,
            UNIQUE (domain, name)
        );
        CREATE TABLE removed_owner (id INTEGER PRIMARY KEY);

        CREATE TABLE roster (
            owner INTEGER PRIMARY KEY,
            version INTEGER NOT NULL,
            forgotten INTEGER NOT NULL,
            items INTEGER NOT NULL,
            removals INTEGER NOT NULL
        );
        CREATE TABLE roster_item (
            owner INTEGER NOT NULL,
            contact TEXT NOT NULL,
            version INTEGER NOT NULL,
            state INTEGER NOT NULL,
            name TEXT,
            groups BLOB,
            request BLOB,
            PRIMARY KEY (owner, contact)
        ) WITHOUT ROWID;

        CREATE TABLE document (
            owner INTEGER NOT NULL,
            collection INTEGER NOT NULL,
            key TEXT NOT NULL,
            version INTEGER NOT NULL,
            expires INTEGER,
            value BLOB NOT NULL,
            UNIQUE (owner, collection, key)
        );
        CREATE INDEX document_expires ON document (expires) WHERE expires IS NOT NULL;

        CREATE TABLE log (
            id INTEGER PRIMARY KEY,
            owner INTEGER NOT NULL,
            collection INTEGER NOT NULL,
            last_entry INTEGER NOT NULL,
            last_time INTEGER NOT NULL,
            disorder INTEGER NOT NULL,
            entries INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            UNIQUE (owner, collection)
        );
        CREATE TABLE entry (
            log INTEGER NOT NULL,
            id INTEGER NOT NULL,
            time INTEGER NOT NULL,
            columns BLOB,
            value BLOB NOT NULL,
            UNIQUE (log, id)
        );
        CREATE TABLE entry_text (
            log INTEGER NOT NULL,
            name INTEGER NOT NULL,
            text TEXT NOT NULL,
            entry INTEGER NOT NULL,
            PRIMARY KEY (log, name, text, entry)
        ) WITHOUT ROWID;
        """
    ]
}
