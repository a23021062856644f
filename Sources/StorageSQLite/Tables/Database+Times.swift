internal import MartletStorage

/// The place of a time in a log, as far as it is indexed.
///
/// Ids follow the times, but for the log's disorder, so that a time is found by halving the ids: a few dozen
/// steps into the index that a log has anyway, and none of its own, which every entry would have to be written
/// to.
extension Database {
    /// An id that no entry up to which is as young as `time`: the greatest where times never went back.
    ///
    /// An entry is at most `disorder` older than any before it: all before one that is older than `time` by
    /// more than that are older than `time`.
    func lastID(before time: Timestamp, in head: LogHead) throws(StorageError) -> Int64 {
        let older = time.microseconds.minusClamped(head.disorder)
        return try halve(head) { $0 < older }.last
    }

    /// An id that no entry from which on is as old as `time`: the least where times never went back.
    func firstID(after time: Timestamp, in head: LogHead) throws(StorageError) -> Int64 {
        let younger = time.microseconds.minusClamped(-head.disorder)
        return try halve(head) { $0 <= younger }.first
    }

    /// Finds where the times stop to be what they are at the beginning.
    ///
    /// - Returns: the last id where they are (or 0), and the first where they are not (or the greatest
    ///   number).
    private func halve(
        _ head: LogHead,
        _ isBefore: (Int64) -> Bool
    ) throws(StorageError) -> (last: Int64, first: Int64) {
        var (last, first) = (Int64(0), Int64.max)
        // Neither the entries up to `low` nor those from `high` on are looked at any more.
        var (low, high) = (Int64(0), head.lastEntry + 1)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            let found = try row(
                """
                SELECT p.id, e.time FROM entry_place p CROSS JOIN entry e ON e.row = p.row
                WHERE p.log = ? AND p.id >= ? AND p.id < ? ORDER BY p.id LIMIT 1
                """,
                .integer(head.number),
                .integer(middle),
                .integer(high)
            ) { (id: $0.integer(0), time: $0.integer(1)) }
            guard let found else {
                high = middle
                continue
            }
            if isBefore(found.time) {
                last = found.id
                low = found.id
            } else {
                first = found.id
                high = middle
            }
        }
        return (last, first)
    }
}
