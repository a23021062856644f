extension Migrations {
    /// What each version adds to the one before; see `Schema.md` for what the tables mean.
    ///
    /// A step that was released never changes. Texts of callers are `bytea`: they are compared byte by byte
    /// whatever the collation of the database, and may hold U+0000, which PostgreSQL's `text` cannot.
    static let steps: [[String]] = [
        owned + logs + [lastIDBefore, firstIDAfter] + removals, moving,
    ]

    private static let owned = [
        "CREATE SEQUENCE number AS bigint",
        """
        CREATE TABLE name (
            id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            text bytea NOT NULL UNIQUE
        )
        """,
        """
        CREATE TABLE account (
            domain integer NOT NULL,
            localpart bytea NOT NULL,
            verifiers bytea NOT NULL,
            is_disabled boolean NOT NULL,
            created timestamptz NOT NULL,
            PRIMARY KEY (domain, localpart)
        )
        """,
        """
        CREATE TABLE owner (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            domain integer NOT NULL,
            name bytea NOT NULL,
            last_entry bigint NOT NULL DEFAULT 0,
            UNIQUE (domain, name)
        ) WITH (fillfactor = 80)
        """,
        """
        CREATE TABLE roster (
            owner bigint PRIMARY KEY,
            version bigint NOT NULL,
            forgotten bigint NOT NULL,
            items integer NOT NULL,
            removals integer NOT NULL
        ) WITH (fillfactor = 80)
        """,
        """
        CREATE TABLE roster_item (
            owner bigint NOT NULL,
            contact bytea NOT NULL,
            version bigint NOT NULL,
            state smallint NOT NULL,
            name bytea,
            groups bytea,
            request bytea,
            PRIMARY KEY (owner, contact)
        ) WITH (fillfactor = 90)
        """,
        """
        CREATE TABLE document (
            owner bigint NOT NULL,
            collection integer NOT NULL,
            key bytea NOT NULL,
            version bigint NOT NULL,
            expires timestamptz,
            value bytea NOT NULL,
            PRIMARY KEY (owner, collection, key)
        ) WITH (fillfactor = 90)
        """,
        "CREATE INDEX document_expires ON document (expires) WHERE expires IS NOT NULL",
    ]

    private static let logs = [
        """
        CREATE TABLE log (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            owner bigint NOT NULL,
            collection integer NOT NULL,
            last_entry bigint NOT NULL,
            last_time timestamptz NOT NULL,
            disorder bigint NOT NULL,
            entries bigint NOT NULL,
            bytes bigint NOT NULL,
            UNIQUE (owner, collection)
        ) WITH (fillfactor = 60)
        """,
        """
        CREATE TABLE entry (
            log bigint NOT NULL,
            id bigint NOT NULL,
            time timestamptz NOT NULL,
            columns bytea,
            value bytea NOT NULL,
            PRIMARY KEY (log, id)
        )
        """,
        """
        CREATE TABLE entry_text (
            log bigint NOT NULL,
            name integer NOT NULL,
            text bytea NOT NULL,
            id bigint NOT NULL,
            PRIMARY KEY (log, name, text, id)
        )
        """,
    ]

    /// An id that no entry up to which is as young as a moment: the greatest where times never went back.
    ///
    /// Ids follow the times, but for the log's disorder, so that a time is found by halving the ids, in the
    /// index that a log has anyway. Where the disorder is of centuries it finds nothing, which is safe.
    private static let lastIDBefore = """
        CREATE FUNCTION last_id_before(wanted bigint, moment timestamptz) RETURNS bigint
        LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
        DECLARE
            low bigint := 0; high bigint; middle bigint; back bigint;
            found_id bigint; found_time timestamptz;
        BEGIN
            SELECT last_entry + 1, disorder INTO high, back FROM log WHERE id = wanted;
            IF high IS NULL OR back > 3155760000000000 OR moment < '4000-01-01 00:00+00 BC' THEN
                RETURN 0;
            END IF;
            moment := moment - back * interval '1 microsecond';
            WHILE high - low > 1 LOOP
                middle := low + (high - low) / 2;
                SELECT id, time INTO found_id, found_time FROM entry
                WHERE log = wanted AND id >= middle AND id < high ORDER BY id LIMIT 1;
                IF found_id IS NULL OR found_time >= moment THEN high := middle;
                ELSE low := found_id;
                END IF;
            END LOOP;
            RETURN low;
        END $$
        """

    /// An id that no entry from which on is as old as a moment: the least where times never went back.
    private static let firstIDAfter = """
        CREATE FUNCTION first_id_after(wanted bigint, moment timestamptz) RETURNS bigint
        LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
        DECLARE
            low bigint := 0; high bigint; middle bigint; back bigint;
            first bigint := 9223372036854775807;
            found_id bigint; found_time timestamptz;
        BEGIN
            SELECT last_entry + 1, disorder INTO high, back FROM log WHERE id = wanted;
            IF high IS NULL OR back > 3155760000000000 OR moment > '290000-01-01 00:00+00' THEN
                RETURN first;
            END IF;
            moment := moment + back * interval '1 microsecond';
            WHILE high - low > 1 LOOP
                middle := low + (high - low) / 2;
                SELECT id, time INTO found_id, found_time FROM entry
                WHERE log = wanted AND id >= middle AND id < high ORDER BY id LIMIT 1;
                IF found_id IS NULL THEN high := middle;
                ELSIF found_time <= moment THEN low := found_id;
                ELSE first := found_id; high := middle;
                END IF;
            END LOOP;
            RETURN first;
        END $$
        """

    private static let removals = [
        "CREATE TABLE removed_owner (id bigint PRIMARY KEY)",
        "CREATE TABLE removed_log (id bigint PRIMARY KEY)",
        """
        CREATE FUNCTION remove_owner(wanted_domain integer, wanted_name bytea) RETURNS void
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
            IF last >= (SELECT last_value FROM number) THEN
                INSERT INTO owner (domain, name, last_entry)
                VALUES (wanted_domain, wanted_name, last);
            END IF;
        END $$
        """,
        """
        CREATE FUNCTION purge_removed(most integer) RETURNS boolean LANGUAGE plpgsql AS $$
        DECLARE
            gone bigint;
            texts integer;
            others integer;
        BEGIN
            SELECT id INTO gone FROM removed_log LIMIT 1 FOR UPDATE SKIP LOCKED;
            IF FOUND THEN
                DELETE FROM entry_text WHERE ctid = ANY (ARRAY(
                    SELECT ctid FROM entry_text WHERE log = gone LIMIT most));
                GET DIAGNOSTICS texts = ROW_COUNT;
                DELETE FROM entry WHERE ctid = ANY (ARRAY(
                    SELECT ctid FROM entry WHERE log = gone LIMIT most));
                GET DIAGNOSTICS others = ROW_COUNT;
                IF texts < most AND others < most THEN
                    DELETE FROM removed_log WHERE id = gone;
                END IF;
                RETURN true;
            END IF;
            SELECT id INTO gone FROM removed_owner LIMIT 1 FOR UPDATE SKIP LOCKED;
            IF NOT FOUND THEN RETURN false; END IF;
            DELETE FROM roster WHERE owner = gone;
            DELETE FROM roster_item WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM roster_item WHERE owner = gone LIMIT most));
            GET DIAGNOSTICS texts = ROW_COUNT;
            DELETE FROM document WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM document WHERE owner = gone LIMIT most));
            GET DIAGNOSTICS others = ROW_COUNT;
            IF texts < most AND others < most THEN
                DELETE FROM removed_owner WHERE id = gone;
            END IF;
            RETURN true;
        END $$
        """,
    ]
}
