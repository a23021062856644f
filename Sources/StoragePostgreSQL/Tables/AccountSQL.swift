internal import MartletPostgreSQL

extension PostgreSQLStore {
    static let readAccount = Statement.brief(
        """
        SELECT localpart, verifiers, is_disabled, created FROM account
        WHERE domain = $1 AND localpart = $2
        """
    )

    static let listAccounts: Statement = """
        SELECT localpart, verifiers, is_disabled, created FROM account
        WHERE domain = $1 AND localpart > $2 ORDER BY localpart LIMIT $3
        """

    static let countAccounts: Statement = "SELECT count(*) FROM account WHERE domain = $1"

    /// What a predecessor of the same name may have left goes.
    static let makeAccount: Statement = """
        WITH made AS (
            INSERT INTO account (domain, localpart, verifiers, is_disabled, created)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING domain)
        SELECT remove_owner(domain, $6) FROM made
        """

    static let writeVerifiers: Statement = """
        UPDATE account SET verifiers = $3 WHERE domain = $1 AND localpart = $2 RETURNING true
        """

    static let writeDisabled: Statement = """
        UPDATE account SET is_disabled = $3 WHERE domain = $1 AND localpart = $2 RETURNING true
        """

    /// Whether it changed, and whether there is an account at all.
    static let exchangeVerifiers: Statement = """
        WITH changed AS (
            UPDATE account SET verifiers = $3
            WHERE domain = $1 AND localpart = $2 AND verifiers = $4 RETURNING true)
        SELECT (SELECT count(*) FROM changed),
            (SELECT count(*) FROM account WHERE domain = $1 AND localpart = $2)
        """

    static let deleteAccount: Statement = """
        WITH gone AS (
            DELETE FROM account WHERE domain = $1 AND localpart = $2 RETURNING domain)
        SELECT remove_owner(domain, $3) FROM gone
        """
}
