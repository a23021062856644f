internal import MartletStorage

extension Database {
    func page(_ query: LogQuery, of head: LogHead) throws(StorageError) -> LogPage {
        var search = EntrySearch(log: head.number)
        for filter in query.filters { try add(filter, to: &search, head) }
        let total = query.wantsTotal ? try count(search, head, query.filters.isEmpty) : nil
        if let after = query.after { search.raise(to: after) }
        if let before = query.before { search.lower(to: before) }
        return try page(search, query, total: total)
    }

    private func page(_ search: EntrySearch, _ query: LogQuery, total: Int?)
        throws(StorageError) -> LogPage
    {
        // One row more than the page has shows whether anything lies beyond it.
        let limit = Value.integer(min(Int64(query.limit), .max - 1) + 1)
        let sql = search.pageSQL(isBackwards: query.isBackwards)
        var entries = try rows(sql, search.values + [limit], read: LogEntry.init)
        let isComplete = entries.count <= query.limit
        if !isComplete { entries.removeLast() }
        if query.isBackwards { entries.reverse() }
        return LogPage(entries: entries, isComplete: isComplete, total: total)
    }

    private func count(_ search: EntrySearch, _ head: LogHead, _ isUnfiltered: Bool)
        throws(StorageError) -> Int
    {
        if isUnfiltered { return head.size.count }
        return try rows(search.countSQL, search.values) { $0.int(0) }.first ?? 0
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
