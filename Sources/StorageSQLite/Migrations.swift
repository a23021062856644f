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
    static func run(on database: Database, to version: Int = newest) throws(StorageError) {
        guard try pragma("user_version", of: database) < version else { return }
        for (index, step) in steps.prefix(version).enumerated() {
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
        """,
        // Entries one after the other as they come, and their indexes apart, so that these can be written
        // later. The value is called `content`: a server that knows only the first step, and still runs,
        // fails to append instead of leaving entries that no index has.
        """
        ALTER TABLE sequence ADD COLUMN last_row INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE sequence ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE log ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;

        ALTER TABLE entry RENAME TO entry_1;
        CREATE TABLE entry (
            row INTEGER PRIMARY KEY,
            log INTEGER NOT NULL,
            id INTEGER NOT NULL,
            time INTEGER NOT NULL,
            columns BLOB,
            content BLOB NOT NULL
        );
        INSERT INTO entry (row, log, id, time, columns, content)
        SELECT rowid, log, id, time, columns, value FROM entry_1 ORDER BY rowid;
        DROP TABLE entry_1;
        CREATE TABLE entry_place (
            log INTEGER NOT NULL,
            id INTEGER NOT NULL,
            row INTEGER NOT NULL,
            PRIMARY KEY (log, id)
        ) WITHOUT ROWID;
        INSERT INTO entry_place (log, id, row) SELECT log, id, row FROM entry ORDER BY log, id;

        ALTER TABLE entry_text RENAME TO entry_text_1;
        CREATE TABLE entry_text (
            log INTEGER NOT NULL,
            name INTEGER NOT NULL,
            text TEXT NOT NULL,
            id INTEGER NOT NULL,
            row INTEGER NOT NULL,
            PRIMARY KEY (log, name, text, id)
        ) WITHOUT ROWID;
        INSERT INTO entry_text (log, name, text, id, row)
        SELECT t.log, t.name, t.text, t.entry, p.row
        FROM entry_text_1 t JOIN entry_place p ON p.log = t.log AND p.id = t.entry
        ORDER BY t.log, t.name, t.text, t.entry;
        DROP TABLE entry_text_1;

        UPDATE sequence SET last_row = (SELECT ifnull(max(row), 0) FROM entry);
        UPDATE sequence SET indexed = last_row;
        UPDATE log SET indexed = (SELECT last_row FROM sequence);
        """,
    ]
}
