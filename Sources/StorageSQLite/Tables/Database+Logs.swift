internal import MartletStorage

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
            let head = try indexedHead(try place(of: collection, owner))
            guard let head else { return .count(0) }
            return .count(try remove(ids, from: head))
        case .trim(let trim, let collection):
            let head = try indexedHead(try place(of: collection, owner))
            guard let head else { return .count(0) }
            return .count(try self.trim(trim, head))
        case .get, .list, .countDocuments, .put, .delete:
            throw .invalid("not an operation on a log")
        }
    }
}

extension Database {
    private func append(_ entries: [NewLogEntry], to place: Place)
        throws(StorageError) -> [Int64]
    {
        guard !entries.isEmpty else { return [] }
        try readTail()
        guard !tail.isFull || !hasIndexingFailed else {
            throw .unavailable("its index cannot be written")
        }
        var head = try logHead(place) ?? LogHead(number: 0)
        if head.number == 0 { head = try newLog(place) }
        var ids: [Int64] = []
        ids.reserveCapacity(entries.count)
        for entry in entries {
            let id = try id(of: entry, in: head)
            let added = try insert(entry, id: id, into: head.number)
            tail.append(added, to: head.number)
            head.count(added)
            ids.append(id)
        }
        known.remember(head)
        return ids
    }

    private func id(of entry: NewLogEntry, in head: LogHead) throws(StorageError) -> Int64 {
        guard let id = entry.id else {
            return try sequence.take(above: head.lastEntry, from: self)
        }
        guard id > head.lastEntry else { throw .conflict }
        return id
    }

    private func insert(_ entry: NewLogEntry, id: Int64, into log: Int64) throws(StorageError)
        -> Tail.Entry
    {
        var added = Tail.Entry(
            row: try sequence.takeRow(from: self),
            id: id,
            time: entry.time.microseconds,
            bytes: entry.value.count
        )
        for (column, text) in entry.columns {
            added.add(Tail.Text(name: try name(column), text: text))
        }
        try insert(.entry).insert(
            (added.row, log, id, added.time),
            TextList.encode(entry.columns),
            entry.value
        )
        return added
    }
}
