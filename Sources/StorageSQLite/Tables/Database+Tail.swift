internal import MartletStorage

/// Reading the tail, and writing it to the indexes.
extension Database {
    /// Brings the tail up to what the database has at this moment.
    ///
    /// A writer does so when another process wrote, a reader before each look; what was read is not read again.
    func readTail() throws(StorageError) {
        guard !isWriting || tail.isStale else { return }
        let numbers = isWriting ? try sequence.read(from: self) : try storedNumbers()
        var entries: [(Int64, Tail.Entry)] = []
        if numbers.row > tail.through {
            entries = try rows(
                """
                SELECT row, log, id, time, columns, length(content) FROM entry
                WHERE row > ? ORDER BY row
                """,
                [.integer(max(tail.through, numbers.indexed))]
            ) { (row) throws(StorageError) in try tailEntry(row) }
        }
        tail.read(entries, numbers)
    }

    private func tailEntry(_ row: Row) throws(StorageError) -> (Int64, Tail.Entry) {
        var entry = Tail.Entry(
            row: row.integer(0),
            id: row.integer(2),
            time: row.integer(3),
            bytes: row.int(5)
        )
        for (column, text) in try TextList.decodeTable(row.bytes(4)) {
            guard let name = try knownName(column) else { throw .corrupt("a column has no name") }
            entry.add(Tail.Text(name: name, text: text))
        }
        return (row.integer(1), entry)
    }

    /// The head of a log of which nothing is in the tail any more.
    func indexedHead(_ place: Place) throws(StorageError) -> LogHead? {
        guard let head = try logHead(place) else { return nil }
        try indexTail(of: head.number)
        return try logHead(place)
    }

    /// Writes what the tail has of a log to the log's indexes, and counts it in.
    func indexTail(of log: Int64) throws(StorageError) {
        try readTail()
        let entries = tail[log]
        guard !entries.isEmpty else { return }
        // Without its head a log was removed, and what it had is gone.
        if var head = try logHead(log) {
            let before = head.indexed
            for entry in entries where entry.row > before {
                try index(entry, of: log)
                head.indexed = entry.row
            }
            try store(head)
        }
        tail.remove(log)
    }

    private func index(_ entry: Tail.Entry, of log: Int64) throws(StorageError) {
        try insert(.place).insert((log, entry.id, entry.row))
        if let text = entry.first { try index(text, of: entry, log) }
        for text in entry.others { try index(text, of: entry, log) }
    }

    private func index(_ text: Tail.Text, of entry: Tail.Entry, _ log: Int64)
        throws(StorageError)
    {
        try insert(.text).insert((log, text.name, entry.id, entry.row), text.text)
    }
}

/// One round of bringing the indexes up to date, log by log, in several transactions.
struct IndexRound {
    /// What is still to be done, the last first.
    fileprivate var logs: [Int64]
    /// Up to which row everything is indexed in the end.
    fileprivate let through: Int64
}

extension Database {
    /// Goes on with a round of indexing, or begins one when it is time.
    ///
    /// What fails is tried again with the next commit; when the tail has become full, appends are refused.
    func keepTailShort() {
        guard indexRound != nil || tail.isLong else { return }
        repeat {
            do {
                try indexSome()
                hasIndexingFailed = false
            } catch {
                hasIndexingFailed = true
                return
            }
        } while tail.isFull
    }

    /// Indexes some logs of a round, and ends it with the last.
    ///
    /// Logs come in the order of their numbers, so that each page of an index is written once in a round.
    func indexSome() throws(StorageError) {
        do throws(StorageError) {
            try transaction { () throws(StorageError) in try indexPortion() }
        } catch {
            indexRound = nil
            throw error
        }
        if indexRound?.logs.isEmpty == true { indexRound = nil }
    }

    private func indexPortion() throws(StorageError) {
        try readTail()
        var round = indexRound ?? IndexRound(logs: tail.numbers.reversed(), through: tail.through)
        let target = tail.count - tail.portion
        while tail.count > target, let log = round.logs.popLast() { try indexTail(of: log) }
        if round.logs.isEmpty { try sequence.indexed(through: round.through, in: self) }
        indexRound = round
    }

    /// Indexes all there is.
    func indexAll() throws(StorageError) {
        repeat { try indexSome() } while indexRound != nil
    }
}
