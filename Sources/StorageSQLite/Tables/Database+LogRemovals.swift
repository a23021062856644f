internal import MartletStorage

/// What is to be removed is indexed first, so that it is looked for in one place.
extension Database {
    /// What has to be known of an entry to remove it.
    private struct Victim {
        let id: Int64
        let row: Int64
        let columns: [UInt8]
        let bytes: Int

        init(_ row: Row) {
            id = row.integer(0)
            self.row = row.integer(1)
            columns = row.bytes(2)
            bytes = row.int(3)
        }
    }

    func remove(_ ids: [Int64], from head: LogHead) throws(StorageError) -> Int {
        var victims: [Victim] = []
        for id in Set(ids) {
            let victim = try row(
                Self.victims + "p.log = ? AND p.id = ?",
                .integer(head.number),
                .integer(id),
                read: Victim.init
            )
            if let victim { victims.append(victim) }
        }
        return try remove(victims, from: head)
    }

    func trim(_ trim: LogTrim, _ head: LogHead) throws(StorageError) -> Int {
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

    private static let victims = """
        SELECT p.id, e.row, e.columns, length(e.content)
        FROM entry_place p CROSS JOIN entry e ON e.row = p.row WHERE\u{20}
        """
    private static let before =
        victims + "p.log = ? AND p.id < ? AND e.time < ? ORDER BY p.id LIMIT ?"
    private static let through = victims + "p.log = ? AND p.id <= ? ORDER BY p.id LIMIT ?"

    private func remove(_ victims: [Victim], from head: LogHead) throws(StorageError) -> Int {
        guard !victims.isEmpty else { return 0 }
        var head = head
        for victim in victims {
            try run("DELETE FROM entry WHERE row = ?", .integer(victim.row))
            try run(
                "DELETE FROM entry_place WHERE log = ? AND id = ?",
                .integer(head.number),
                .integer(victim.id)
            )
            for (column, text) in try TextList.decodeTable(victim.columns) {
                try run(
                    "DELETE FROM entry_text WHERE log = ? AND name = ? AND text = ? AND id = ?",
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
