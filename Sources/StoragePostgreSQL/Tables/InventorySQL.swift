internal import MartletPostgreSQL

/// What there is, by the first entry of an index and then the first behind it: a look-up for each thing
/// that is found, whatever it holds. `ORDER BY … LIMIT 1` keeps PostgreSQL from reading on.
extension PostgreSQLStore {
    static let listDomains: Statement = """
        WITH RECURSIVE with_accounts(id) AS (
            (SELECT domain FROM account ORDER BY domain, localpart LIMIT 1)
            UNION ALL
            SELECT (SELECT domain FROM account WHERE domain > d.id
                ORDER BY domain, localpart LIMIT 1)
            FROM with_accounts AS d WHERE d.id IS NOT NULL),
        with_owners(id) AS (
            (SELECT domain FROM owner ORDER BY domain, name LIMIT 1)
            UNION ALL
            SELECT (SELECT domain FROM owner WHERE domain > d.id ORDER BY domain, name LIMIT 1)
            FROM with_owners AS d WHERE d.id IS NOT NULL)
        SELECT n.text
        FROM (SELECT id FROM with_accounts UNION SELECT id FROM with_owners) AS d,
        LATERAL (SELECT text FROM name WHERE id = d.id LIMIT 1) AS n
        WHERE n.text >= $1 ORDER BY n.text LIMIT $2
        """

    static let listOwners: Statement = """
        SELECT name FROM owner
        WHERE domain = (SELECT id FROM name WHERE text = $1) AND name >= $2
        ORDER BY name LIMIT $3
        """

    static let listDocumentCollections: Statement = """
        WITH RECURSIVE o AS (SELECT id FROM owner
            WHERE domain = (SELECT id FROM name WHERE text = $1) AND name = $2),
        found(id) AS (
            (SELECT collection FROM document WHERE owner = (SELECT id FROM o)
            ORDER BY collection, key LIMIT 1)
            UNION ALL
            SELECT (SELECT collection FROM document
                WHERE owner = (SELECT id FROM o) AND collection > f.id
                ORDER BY collection, key LIMIT 1)
            FROM found AS f WHERE f.id IS NOT NULL)
        SELECT n.text FROM found AS f,
        LATERAL (SELECT text FROM name WHERE id = f.id LIMIT 1) AS n
        ORDER BY n.text
        """

    /// A log is a row, with or without entries.
    static let listLogCollections: Statement = """
        SELECT n.text FROM log AS l,
        LATERAL (SELECT text FROM name WHERE id = l.collection LIMIT 1) AS n
        WHERE l.owner = (SELECT id FROM owner
            WHERE domain = (SELECT id FROM name WHERE text = $1) AND name = $2)
        ORDER BY n.text
        """

    static let readNumber: Statement = """
        SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM number
        """
}
