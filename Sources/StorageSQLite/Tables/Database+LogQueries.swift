internal import MartletStorage

extension Database {
    /// A page of a log: of what is indexed, and of the tail, whose ids are all above.
    func page(_ query: LogQuery, of head: LogHead) throws(StorageError) -> LogPage {
        var search = EntrySearch(log: head.number)
        for filter in query.filters { try add(filter, to: &search, head) }
        let newest = try tail(matching: query.filters, of: head)
        let total = query.wantsTotal ? try count(search, newest, head, query) : nil
        if let after = query.after { search.raise(to: after) }
        if let before = query.before { search.lower(to: before) }
        let rows = newest.filter { search.isWithin($0.id) }.map(\.row)
        return try page(search, rows, query, total: total)
    }

    private func page(
        _ search: EntrySearch,
        _ newest: [Int64],
        _ query: LogQuery,
        total: Int?
    ) throws(StorageError) -> LogPage {
        // One row more than the page has shows whether anything lies beyond it.
        let wanted = min(query.limit, .max - 1) + 1
        let first = query.isBackwards ? try entries(newest.suffix(wanted)) : []
        var entries = try indexed(search, query, limit: wanted - first.count)
        if query.isBackwards {
            entries = entries.reversed() + first
        } else {
            entries += try self.entries(newest.prefix(wanted - entries.count))
        }
        let isComplete = entries.count <= query.limit
        if !isComplete { entries.remove(at: query.isBackwards ? 0 : entries.count - 1) }
        return LogPage(entries: entries, isComplete: isComplete, total: total)
    }

    private func indexed(_ search: EntrySearch, _ query: LogQuery, limit: Int)
        throws(StorageError) -> [LogEntry]
    {
        guard limit > 0 else { return [] }
        let sql = search.pageSQL(isBackwards: query.isBackwards)
        return try rows(sql, search.values + [.integer(Int64(limit))], read: LogEntry.init)
    }

    /// The entries of these rows, in their order.
    private func entries(_ numbers: ArraySlice<Int64>) throws(StorageError) -> [LogEntry] {
        var entries: [LogEntry] = []
        for number in numbers {
            let sql = "SELECT id, time, columns, content FROM entry WHERE row = ?"
            let entry = try row(sql, .integer(number), read: LogEntry.init)
            if let entry { entries.append(entry) }
        }
        return entries
    }

    private func count(
        _ search: EntrySearch,
        _ newest: [Tail.Entry],
        _ head: LogHead,
        _ query: LogQuery
    ) throws(StorageError) -> Int {
        if query.filters.isEmpty { return head.size.count }
        return try rows(search.countSQL, search.values) { $0.int(0) }.reduce(newest.count, +)
    }

    /// What the tail has of a log that passes all filters.
    private func tail(matching filters: [LogFilter], of head: LogHead)
        throws(StorageError) -> [Tail.Entry]
    {
        var entries = tail[head.number].filter { $0.row > head.indexed }
        for filter in filters where !entries.isEmpty {
            switch filter {
            case .ids(let ids):
                let ids = Set(ids)
                entries.removeAll { !ids.contains($0.id) }
            case .column(let column, let test):
                let name = try knownName(column)
                entries.removeAll { entry in name.map { entry.has($0, test) } != true }
            case .time(let from, let through):
                let (from, through) = (from?.microseconds ?? .min, through?.microseconds ?? .max)
                entries.removeAll { $0.time < from || $0.time > through }
            }
        }
        return entries
    }

    private func add(_ filter: LogFilter, to search: inout EntrySearch, _ head: LogHead)
        throws(StorageError)
    {
        switch filter {
        case .ids(let ids):
            search.require(ids: ids)
        case .column(let column, let test):
            // A column that no entry ever had has the number zero, which none has.
            search.require(try knownName(column) ?? 0, test)
        case .time(let from, let through):
            try narrow(&search, from: from, through: through, head)
            if head.disorder > 0 { search.require(from: from, through: through) }
        }
    }

    /// Finds ids that all entries of these times lie between.
    private func narrow(
        _ search: inout EntrySearch,
        from: Timestamp?,
        through: Timestamp?,
        _ head: LogHead
    ) throws(StorageError) {
        if let from { search.raise(to: try lastID(before: from, in: head)) }
        if let through { search.lower(to: try firstID(after: through, in: head)) }
    }
}

extension LogEntry {
    /// Reads id, time, columns and value.
    fileprivate init(_ row: Row) throws(StorageError) {
        self.init(
            id: row.integer(0),
            time: Timestamp(microseconds: row.integer(1)),
            columns: try TextList.decodeTable(row.bytes(2)),
            value: row.bytes(3)
        )
    }
}
