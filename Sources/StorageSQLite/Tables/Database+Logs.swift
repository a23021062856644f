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

    mutating func count(_ entry: NewLogEntry, id: Int64) {
        let time = entry.time.microseconds
        disorder = max(disorder, lastTime.minusClamped(time))
        lastTime = max(lastTime, time)
        lastEntry = id
        size.count += 1
        size.bytes += entry.value.count
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
    func performOnLog(_ operation: Operation, of owner: Owner) throws(StorageError) -> Outcome {
        switch operation {
        case .append(let entries, let collection):
            return .ids(try append(entries, to: try newPlace(of: collection, owner)))
        case .query(let query, let collection):
            let head = try logHead(try place(of: collection, owner))
            guard let head else { return .page(.empty(for: query)) }
            return .page(try page(query, of: head))
        case .size(let collection):
            return .size(try logHead(try place(of: collection, owner))?.size ?? LogSize())
        case .removeEntries(let ids, let collection):
            let head = try logHead(try place(of: collection, owner))
            guard let head else { return .count(0) }
            return .count(try remove(ids, from: head))
        case .trim(let trim, let collection):
            let head = try logHead(try place(of: collection, owner))
            guard let head else { return .count(0) }
            return .count(try self.trim(trim, head))
        case .get, .list, .countDocuments, .put, .delete:
            throw .invalid("not an operation on a log")
        }
    }

    private func logHead(_ place: Place) throws(StorageError) -> LogHead? {
        try row(
            """
            SELECT id, last_entry, last_time, disorder, entries, bytes FROM log
            WHERE owner = ? AND collection = ?
            """,
            place.owner,
            place.collection
        ) {
            LogHead(
                number: $0.integer(0),
                lastEntry: $0.integer(1),
                lastTime: $0.integer(2),
                disorder: $0.integer(3),
                size: LogSize(count: $0.int(4), bytes: $0.int(5))
            )
        }
    }

    private func store(_ head: LogHead) throws(StorageError) {
        try run(
            """
            UPDATE log SET last_entry = ?, last_time = ?, disorder = ?, entries = ?, bytes = ?
            WHERE id = ?
            """,
            .integer(head.lastEntry),
            .integer(head.lastTime),
            .integer(head.disorder),
            .integer(Int64(head.size.count)),
            .integer(Int64(head.size.bytes)),
            .integer(head.number)
        )
    }
}

extension Database {
    private func append(_ entries: [NewLogEntry], to place: Place)
        throws(StorageError) -> [Int64]
    {
        guard !entries.isEmpty else { return [] }
        var head = try logHead(place) ?? LogHead(number: 0)
        if head.number == 0 { head = try newLog(place) }
        var ids: [Int64] = []
        for entry in entries {
            let id = try id(of: entry, in: head)
            try insert(entry, id: id, into: head.number)
            head.count(entry, id: id)
            ids.append(id)
        }
        try store(head)
        return ids
    }

    private func id(of entry: NewLogEntry, in head: LogHead) throws(StorageError) -> Int64 {
        guard let id = entry.id else {
            return try sequence.take(above: head.lastEntry, from: self)
        }
        guard id > head.lastEntry else { throw .conflict }
        return id
    }

    private func newLog(_ place: Place) throws(StorageError) -> LogHead {
        try run(
            """
            INSERT INTO log
            (owner, collection, last_entry, last_time, disorder, entries, bytes)
            VALUES (?, ?, 0, 0, 0, 0, 0)
            """,
            place.owner,
            place.collection
        )
        return LogHead(number: lastInsertedRow)
    }

    private func insert(_ entry: NewLogEntry, id: Int64, into log: Int64) throws(StorageError) {
        try run(
            "INSERT INTO entry (log, id, time, columns, value) VALUES (?, ?, ?, ?, ?)",
            .integer(log),
            .integer(id),
            .integer(entry.time.microseconds),
            entry.columns.isEmpty ? .null : .bytes(TextList.encode(entry.columns)),
            .bytes(entry.value)
        )
        for (column, text) in entry.columns {
            try run(
                "INSERT INTO entry_text (log, name, text, entry) VALUES (?, ?, ?, ?)",
                .integer(log),
                .integer(try name(column)),
                .text(text),
                .integer(id)
            )
        }
    }
}

extension Database {
    /// What has to be known of an entry to remove it.
    private struct Victim {
        let id: Int64
        let columns: [UInt8]
        let bytes: Int

        init(_ row: Row) {
            id = row.integer(0)
            columns = row.bytes(1)
            bytes = row.int(2)
        }
    }

    private func remove(_ ids: [Int64], from head: LogHead) throws(StorageError) -> Int {
        var victims: [Victim] = []
        for id in Set(ids) {
            let victim = try row(
                "SELECT id, columns, length(value) FROM entry WHERE log = ? AND id = ?",
                .integer(head.number),
                .integer(id),
                read: Victim.init
            )
            if let victim { victims.append(victim) }
        }
        return try remove(victims, from: head)
    }

    private func trim(_ trim: LogTrim, _ head: LogHead) throws(StorageError) -> Int {
        let log = Value.integer(head.number)
        let most = Int64(StoreBounds.trimCount)
        switch trim {
        case .before(let time):
            let end = try firstID(after: time, in: head)
            let values = [log, .integer(end), .integer(time.microseconds), .integer(most)]
            return try remove(try rows(Self.before, values, read: Victim.init), from: head)
        case .through(let id):
            let values = [log, .integer(id), .integer(most)]
            return try remove(try rows(Self.through, values, read: Victim.init), from: head)
        case .toNewest(let kept):
            let gone = min(most, Int64(max(0, head.size.count - kept)))
            let values = [log, .integer(.max), .integer(gone)]
            return try remove(try rows(Self.through, values, read: Victim.init), from: head)
        }
    }

    private static let before = """
        SELECT id, columns, length(value) FROM entry
        WHERE log = ? AND id < ? AND time < ? ORDER BY id LIMIT ?
        """
    private static let through = """
        SELECT id, columns, length(value) FROM entry
        WHERE log = ? AND id <= ? ORDER BY id LIMIT ?
        """

    private func remove(_ victims: [Victim], from head: LogHead) throws(StorageError) -> Int {
        guard !victims.isEmpty else { return 0 }
        var head = head
        for victim in victims {
            try run(
                "DELETE FROM entry WHERE log = ? AND id = ?",
                .integer(head.number),
                .integer(victim.id)
            )
            for (column, text) in try TextList.decodeTable(victim.columns) {
                try run(
                    "DELETE FROM entry_text WHERE log = ? AND name = ? AND text = ? AND entry = ?",
                    .integer(head.number),
                    .integer(try name(column)),
                    .text(text),
                    .integer(victim.id)
                )
            }
            head.size.count -= 1
            head.size.bytes -= victim.bytes
        }
        try store(head)
        return victims.count
    }
}
