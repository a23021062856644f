internal import MartletPostgreSQL

/// What a segment asks: one look into an index for each of the keys that come as arrays.
///
/// `LATERAL` with `LIMIT 1` has PostgreSQL do so whatever it believes about the sizes of the tables.
extension Segment {
    static let lockOwnersSQL: Statement = """
        SELECT k.place, o.id, o.last_entry
        FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) AS k(domain, name, place),
        LATERAL (SELECT id, last_entry FROM owner WHERE domain = k.domain AND name = k.name
            FOR NO KEY UPDATE) AS o
        """

    static let readDocumentsSQL: Statement = """
        SELECT k.place, d.version, d.expires, CASE WHEN k.wanted THEN d.value END
        FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bytea[], $5::boolean[])
            WITH ORDINALITY AS k(domain, name, collection, key, wanted, place),
        LATERAL (SELECT d.version, d.expires, d.value
            FROM owner AS o JOIN document AS d ON d.owner = o.id
            WHERE o.domain = k.domain AND o.name = k.name
            AND d.collection = k.collection AND d.key = k.key LIMIT 1) AS d
        """

    static let readLogsSQL: Statement = """
        SELECT k.place, l.id, l.last_entry, l.last_time, l.disorder, l.entries, l.bytes
        FROM unnest($1::bigint[], $2::bytea[], $3::bigint[])
            WITH ORDINALITY AS k(domain, name, collection, place),
        LATERAL (SELECT l.* FROM owner AS o JOIN log AS l ON l.owner = o.id
            WHERE o.domain = k.domain AND o.name = k.name AND l.collection = k.collection
            LIMIT 1) AS l
        """

    static let readRostersSQL: Statement = """
        SELECT k.place, r.version, r.forgotten, r.items::bigint, r.removals::bigint
        FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) AS k(domain, name, place),
        LATERAL (SELECT r.* FROM owner AS o JOIN roster AS r ON r.owner = o.id
            WHERE o.domain = k.domain AND o.name = k.name LIMIT 1) AS r
        """

    static let readContactsSQL: Statement = """
        SELECT k.place, i.state::bigint
        FROM unnest($1::bigint[], $2::bytea[], $3::bytea[])
            WITH ORDINALITY AS k(domain, name, contact, place),
        LATERAL (SELECT i.state FROM owner AS o JOIN roster_item AS i ON i.owner = o.id
            WHERE o.domain = k.domain AND o.name = k.name AND i.contact = k.contact
            LIMIT 1) AS i
        """

    static let numbers = Statement.brief("SELECT nextval('number') FROM generate_series(1, $1)")

    static let makeOwners: Statement = """
        INSERT INTO owner (domain, name)
        SELECT k.domain, k.name FROM unnest($1::bigint[], $2::bytea[]) AS k(domain, name)
        WHERE NOT EXISTS (SELECT FROM owner AS o WHERE o.domain = k.domain AND o.name = k.name)
        ON CONFLICT DO NOTHING
        """

    static let makeLogs: Statement = """
        INSERT INTO log (owner, collection, last_entry, last_time, disorder, entries, bytes)
        SELECT o.id, k.collection, 0, '4713-01-02 00:00+00 BC', 0, 0, 0
        FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) AS k(domain, name, collection),
        LATERAL (SELECT id FROM owner
            WHERE domain = k.domain AND name = k.name LIMIT 1) AS o
        WHERE NOT EXISTS (SELECT FROM log AS l
            WHERE l.owner = o.id AND l.collection = k.collection)
        ON CONFLICT DO NOTHING
        """
}

/// Entries that are to be removed: their ids, columns and lengths.
extension Segment {
    /// Of several removals, each with its place.
    static let readFewEntriesSQL: Statement = """
        SELECT k.place, e.id, e.columns, e.bytes
        FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], $5::bigint[])
            AS k(place, domain, name, collection, id),
        LATERAL (SELECT e.id, e.columns, octet_length(e.value)::bigint AS bytes
            FROM owner AS o JOIN log AS l ON l.owner = o.id JOIN entry AS e ON e.log = l.id
            WHERE o.domain = k.domain AND o.name = k.name AND l.collection = k.collection
            AND e.id = k.id LIMIT 1) AS e
        """

    private static let log = """
        WITH l AS MATERIALIZED (SELECT l.id, l.entries FROM owner AS o JOIN log AS l
            ON l.owner = o.id WHERE o.domain = $1 AND o.name = $2 AND l.collection = $3)
        SELECT e.id, e.columns, octet_length(e.value)::bigint FROM entry AS e
        WHERE e.log = (SELECT id FROM l)\u{20}
        """

    static let readEntriesSQL = Statement(log + "AND e.id = ANY ($4::bigint[])")
    static let readThroughSQL = Statement(log + "AND e.id <= $4 ORDER BY e.id LIMIT $5")
    static let readOldestSQL = Statement(
        log + "ORDER BY e.id LIMIT (SELECT greatest(0, least($5, entries - $4)) FROM l)"
    )
    static let readBeforeSQL = Statement(
        log + "AND e.id < (SELECT first_id_after(id, $4) FROM l) AND e.time < $4"
            + " ORDER BY e.id LIMIT $5"
    )
}
