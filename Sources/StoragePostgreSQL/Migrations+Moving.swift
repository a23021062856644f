extension Migrations {
    /// What moving from another store needs.
    static let moving = [
        // ALTER SEQUENCE has all who draw numbers wait until the transaction ends: nobody passes the wanted
        // one meanwhile, to be set back.
        """
        CREATE FUNCTION skip_numbers(wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            ALTER SEQUENCE number NO CYCLE;
            PERFORM setval('number', wanted) FROM number
            WHERE wanted >= last_value + is_called::integer;
        END $$
        """,
        // It left an owner of nothing also when the last number was an id of its own.
        """
        CREATE OR REPLACE FUNCTION remove_owner(wanted_domain integer, wanted_name bytea) RETURNS void
        LANGUAGE plpgsql AS $$
        DECLARE
            gone owner%ROWTYPE;
            last bigint;
        BEGIN
            SELECT * INTO gone FROM owner
            WHERE domain = wanted_domain AND name = wanted_name FOR UPDATE;
            IF NOT FOUND THEN RETURN; END IF;
            PERFORM id FROM log WHERE log.owner = gone.id ORDER BY id FOR UPDATE;
            SELECT greatest(max(last_entry), gone.last_entry) INTO last
            FROM log WHERE log.owner = gone.id;
            INSERT INTO removed_log SELECT id FROM log WHERE log.owner = gone.id;
            DELETE FROM log WHERE log.owner = gone.id;
            INSERT INTO removed_owner VALUES (gone.id);
            DELETE FROM owner WHERE id = gone.id;
            -- Ids of its own that the numbers have yet to reach must not come again.
            IF last >= (SELECT last_value + is_called::integer FROM number) THEN
                INSERT INTO owner (domain, name, last_entry)
                VALUES (wanted_domain, wanted_name, last);
            END IF;
        END $$
        """,
    ]
}
