internal import MartletPostgreSQL

extension PostgreSQLStore {
    /// The head beside each contact; one row without a contact where there is none.
    static let readRoster = Statement.brief(
        """
        SELECT i.version, i.contact, i.state, i.name, i.groups, i.request, r.version
        FROM owner AS o JOIN roster AS r ON r.owner = o.id
        LEFT JOIN roster_item AS i ON i.owner = o.id AND i.state & 1 = 0
        WHERE o.domain = $1 AND o.name = $2 ORDER BY i.contact
        """
    )

    /// The same, with the size of a log beside it, as at a login; one row where there is neither.
    static let readRosterAndSize = Statement.brief(
        """
        SELECT i.version, i.contact, i.state, i.name, i.groups, i.request, o.version,
            o.entries, o.bytes
        FROM (SELECT o.id, r.version, l.entries, l.bytes
            FROM owner AS o LEFT JOIN roster AS r ON r.owner = o.id
            LEFT JOIN log AS l ON l.owner = o.id AND l.collection = $3
            WHERE o.domain = $1 AND o.name = $2 LIMIT 1) AS o
        LEFT JOIN roster_item AS i ON i.owner = o.id AND i.state & 1 = 0
        ORDER BY i.contact
        """
    )

    static let readHead = Statement.brief(
        """
        SELECT r.version, r.forgotten, r.items FROM owner AS o JOIN roster AS r ON r.owner = o.id
        WHERE o.domain = $1 AND o.name = $2
        """
    )

    static let readItem = Statement.brief(
        """
        SELECT i.version, i.contact, i.state, i.name, i.groups, i.request
        FROM owner AS o JOIN roster_item AS i ON i.owner = o.id
        WHERE o.domain = $1 AND o.name = $2 AND i.contact = $3 AND i.state & 1 = 0
        """
    )

    static let readSteps: Statement = """
        SELECT i.version, i.contact, i.state, i.name, i.groups, i.request
        FROM owner AS o JOIN roster_item AS i ON i.owner = o.id
        WHERE o.domain = $1 AND o.name = $2 AND i.version > $3 ORDER BY i.version
        """
}
