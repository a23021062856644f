internal import MartletStorage

/// The row of a log as a whole.
struct LogHead {
    var number: Int64
    var lastEntry: Int64 = 0
    var lastTime: Int64 = .min
    /// By how many microseconds an entry was ever older than one before it.
    ///
    /// Zero, unless a clock was put back or an import was out of order: a range of times is a range of
    /// ids, give or take this.
    var disorder: Int64 = 0
    var size = LogSize()
    /// Up to which row its entries are in its indexes; those above are in the ``Tail``.
    var indexed: Int64 = 0

    mutating func count(_ entry: Tail.Entry) {
        disorder = max(disorder, lastTime.minusClamped(entry.time))
        lastTime = max(lastTime, entry.time)
        lastEntry = entry.id
        size.count += 1
        size.bytes += entry.bytes
    }
}

extension Int64 {
    /// The difference, or the end of the numbers that it would pass.
    func minusClamped(_ other: Int64) -> Int64 {
        let (difference, overflows) = subtractingReportingOverflow(other)
        guard overflows else { return difference }
        return other > 0 ? .min : .max
    }
}

extension Database {
    /// The head of a log with all of its entries counted in, or nil when nothing was ever appended.
    func logHead(_ place: Place) throws(StorageError) -> LogHead? {
        if isWriting, let head = known[place] { return head }
        let head = try countedHead(
            "SELECT \(Self.headColumns) FROM log WHERE owner = ? AND collection = ?",
            [place.owner, place.collection]
        )
        if isWriting, let head { known.remember(place, as: head.number) }
        return head
    }

    /// How much an owner's log holds; nothing, if nothing was ever appended.
    func size(of collection: String, ofOwner owner: Int64) throws(StorageError) -> LogSize {
        guard let name = try knownName(collection) else { return LogSize() }
        return try logHead(Place(owner: owner, collection: name))?.size ?? LogSize()
    }

    /// The same by the log's number.
    func logHead(_ log: Int64) throws(StorageError) -> LogHead? {
        if isWriting, let head = known[log] { return head }
        let sql = "SELECT \(Self.headColumns) FROM log WHERE id = ?"
        return try countedHead(sql, [.integer(log)])
    }

    private func countedHead(_ sql: String, _ values: [Value]) throws(StorageError) -> LogHead? {
        try readTail()
        guard var head = try rows(sql, values, read: LogHead.init).first else { return nil }
        for entry in tail[head.number] where entry.row > head.indexed { head.count(entry) }
        if isWriting { known.remember(head) }
        return head
    }

    private static let headColumns = "id, last_entry, last_time, disorder, entries, bytes, indexed"

    /// Writes the head of a log that has nothing in the tail.
    func store(_ head: LogHead) throws(StorageError) {
        try run(
            """
            UPDATE log SET last_entry = ?, last_time = ?, disorder = ?, entries = ?, bytes = ?,
            indexed = ? WHERE id = ?
            """,
            .integer(head.lastEntry),
            .integer(head.lastTime),
            .integer(head.disorder),
            .integer(Int64(head.size.count)),
            .integer(Int64(head.size.bytes)),
            .integer(head.indexed),
            .integer(head.number)
        )
        known.remember(head)
    }

    /// Makes the row of a log.
    ///
    /// Its number may have been that of a log which was removed: no row up to now is one of its entries.
    func newLog(_ place: Place) throws(StorageError) -> LogHead {
        let row = try sequence.read(from: self).row
        try run(
            """
            INSERT INTO log
            (owner, collection, last_entry, last_time, disorder, entries, bytes, indexed)
            VALUES (?, ?, 0, ?, 0, 0, 0, ?)
            """,
            place.owner,
            place.collection,
            .integer(.min),
            .integer(row)
        )
        let head = LogHead(number: lastInsertedRow, indexed: row)
        known.remember(place, as: head.number)
        return head
    }
}

extension LogHead {
    fileprivate init(_ row: Row) {
        self.init(
            number: row.integer(0),
            lastEntry: row.integer(1),
            lastTime: row.integer(2),
            disorder: row.integer(3),
            size: LogSize(count: row.int(4), bytes: row.int(5)),
            indexed: row.integer(6)
        )
    }
}
