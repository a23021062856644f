internal import MartletPostgreSQL
internal import MartletStorage

/// A column of an entry, as the index of texts has it.
private struct TextRow {
    var log: Int64
    var name: Int64
    var text: String
    var id: Int64
}

extension Plan {
    /// What the logs need to become what the plan left.
    func logWrites() throws(StorageError) -> [Query] {
        var queries: [Query] = []
        if !appended.isEmpty {
            queries.append(insertion)
            let texts = appended.flatMap { row in
                row.entry.columns.map { name, text in
                    TextRow(log: row.log, name: segment.names[name], text: text, id: row.id)
                }
            }
            if !texts.isEmpty { queries.append(Query(Self.insertTexts, Self.parameters(texts))) }
        }
        if !removed.isEmpty {
            queries.append(
                Query(
                    Self.deleteEntries,
                    [.integers(removed.map(\.log)), .integers(removed.map(\.victim.id))]
                )
            )
            if let texts = try removedTexts() { queries.append(Query(Self.deleteTexts, texts)) }
        }
        let changed = logs.filter(\.isChanged)
        if !changed.isEmpty { queries.append(headUpdate(changed)) }
        return queries
    }

    /// Columns are named here, for others may have appended, and this process never met the names.
    private func removedTexts() throws(StorageError) -> [Parameter]? {
        var (logs, names, texts, ids) = ([Int64](), [[UInt8]](), [[UInt8]](), [Int64]())
        for row in removed {
            for (name, text) in try TextList.decodeTable(row.victim.columns ?? []) {
                logs.append(row.log)
                names.append(Array(name.utf8))
                texts.append(Array(text.utf8))
                ids.append(row.victim.id)
            }
        }
        if logs.isEmpty { return nil }
        return [.integers(logs), .byteStrings(names), .byteStrings(texts), .integers(ids)]
    }

    private static func parameters(_ texts: [TextRow]) -> [Parameter] {
        [
            .integers(texts.map(\.log)), .integers(texts.map(\.name)),
            .byteStrings(texts.map { Array($0.text.utf8) }), .integers(texts.map(\.id)),
        ]
    }

    private var insertion: Query {
        Query(
            Self.insertEntries,
            [
                .integers(appended.map(\.log)), .integers(appended.map(\.id)),
                .times(appended.map(\.entry.time.microseconds)),
                .byteStrings(
                    appended.map { row in
                        row.entry.columns.isEmpty ? nil : TextList.encode(row.entry.columns)
                    }
                ),
                .byteStrings(appended.map(\.entry.value)),
            ]
        )
    }

    private func headUpdate(_ logs: [LogState]) -> Query {
        Query(
            Self.updateLogs,
            [
                .integers(logs.map(\.id)), .integers(logs.map(\.lastEntry)),
                .times(logs.map(\.lastTime)), .integers(logs.map(\.disorder)),
                .integers(logs.map { Int64($0.size.count) }),
                .integers(logs.map { Int64($0.size.bytes) }),
            ]
        )
    }

    private static let insertEntries: Statement = """
        INSERT INTO entry (log, id, time, columns, value)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::bytea[],
            $5::bytea[])
        """

    private static let insertTexts: Statement = """
        INSERT INTO entry_text (log, name, text, id)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[])
        """

    private static let deleteEntries: Statement = """
        DELETE FROM entry AS e USING unnest($1::bigint[], $2::bigint[]) AS k(log, id)
        WHERE e.log = k.log AND e.id = k.id
        """

    private static let deleteTexts: Statement = """
        DELETE FROM entry_text AS t
        USING unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bigint[])
            AS k(log, name, text, id) JOIN name AS n ON n.text = k.name
        WHERE t.log = k.log AND t.name = n.id AND t.text = k.text AND t.id = k.id
        """

    private static let updateLogs: Statement = """
        UPDATE log AS l SET last_entry = k.last_entry, last_time = k.last_time,
            disorder = k.disorder, entries = k.entries, bytes = k.bytes
        FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::bigint[], $5::bigint[],
            $6::bigint[]) AS k(id, last_entry, last_time, disorder, entries, bytes)
        WHERE l.id = k.id
        """
}
