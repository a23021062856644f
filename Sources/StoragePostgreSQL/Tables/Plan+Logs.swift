internal import MartletPostgreSQL
internal import MartletStorage

/// The row of a log, as a plan leaves it.
struct LogState {
    var id: Int64?
    var lastEntry: Int64 = 0
    var lastTime: Int64 = Timestamp.storable.lowerBound
    /// By how many microseconds an entry was ever older than one before it.
    var disorder: Int64 = 0
    var size = LogSize()
    var isChanged = false

    mutating func count(_ entry: NewLogEntry, id: Int64) {
        let time = entry.time.microseconds
        let (back, overflows) = lastTime.subtractingReportingOverflow(time)
        disorder = max(disorder, overflows ? 0 : back)
        lastTime = max(lastTime, time)
        lastEntry = id
        size.count += 1
        size.bytes += entry.value.count
        isChanged = true
    }
}

/// An entry on its way into the table.
struct NewRow {
    var log: Int64
    var id: Int64
    var entry: NewLogEntry
}

/// An entry that is to be removed, as it was found.
struct Victim {
    var id: Int64
    var columns: [UInt8]?
    var bytes: Int
}

struct RemovedRow {
    var log: Int64
    var victim: Victim
}

extension SegmentReader {
    mutating func logs(of owners: [OwnerState]) throws(StorageError) -> [LogState] {
        let keys = segment.logs.keys
        var logs = Array(repeating: LogState(), count: keys.count)
        guard !keys.isEmpty else { return logs }
        let rows = try next()
        for row in 0..<rows.count {
            let place = try rows.place(row, of: keys.count)
            guard owners[keys[place].owner].id != nil else { continue }
            logs[place] = LogState(
                id: try rows.number(row, 1),
                lastEntry: try rows.number(row, 2),
                lastTime: try rows.moment(row, 3).microseconds,
                disorder: try rows.number(row, 4),
                size: LogSize(
                    count: try rows.size(row, 5),
                    bytes: try rows.size(row, 6)
                )
            )
        }
        return logs
    }

    mutating func victims() throws(StorageError) -> [[Victim]] {
        let removals = segment.removals
        var all = Array(repeating: [Victim](), count: removals.count)
        if removals.contains(where: { $0.fewIDs != nil }) {
            let rows = try next()
            for row in 0..<rows.count {
                all[try rows.place(row, of: removals.count)].append(try rows.victim(row, from: 1))
            }
        }
        for place in removals.indices where removals[place].fewIDs == nil {
            let rows = try next()
            for row in 0..<rows.count { all[place].append(try rows.victim(row, from: 0)) }
        }
        return all
    }
}

extension Rows {
    /// An entry's id, columns and length, from a column on.
    fileprivate func victim(_ row: Int, from column: Int) throws(StorageError) -> Victim {
        Victim(
            id: try number(row, column),
            columns: bytes(row, column + 1),
            bytes: try size(row, column + 2)
        )
    }
}

extension Plan {
    mutating func append(_ entries: [NewLogEntry], to place: Int) throws(StorageError) -> [Int64] {
        guard !entries.isEmpty else { return [] }
        var log = logs[place]
        guard let number = log.id else { throw .corrupt("a lost log") }
        let floor = owners[segment.logs.keys[place].owner].lastEntry
        var rows: [NewRow] = []
        rows.reserveCapacity(entries.count)
        for entry in entries {
            try entry.time.checkStorable()
            let id = try id(of: entry, in: log, above: floor)
            log.count(entry, id: id)
            rows.append(NewRow(log: number, id: id, entry: entry))
        }
        set(log, at: place)
        append(rows)
        return rows.map(\.id)
    }

    /// Ids that are made are above those of earlier logs of the owner's name, too.
    private mutating func id(of entry: NewLogEntry, in log: LogState, above floor: Int64)
        throws(StorageError) -> Int64
    {
        if let id = entry.id {
            guard id > log.lastEntry else { throw .conflict }
            return id
        }
        let (number, last) = (try takeNumber(), max(log.lastEntry, floor))
        if number > last { return number }
        guard last < .max else { throw .full }
        return last + 1
    }

    /// Removes what the segment's removal found.
    mutating func removeVictims(_ removal: Int, from key: LogKey) throws(StorageError) -> Int {
        guard let place = segment.logs[key], victims.indices.contains(removal) else {
            throw .corrupt("a lost removal")
        }
        var log = logs[place]
        guard let number = log.id, !victims[removal].isEmpty else { return 0 }
        for victim in victims[removal] {
            log.size.count = max(0, log.size.count - 1)
            log.size.bytes = max(0, log.size.bytes - victim.bytes)
        }
        log.isChanged = true
        set(log, at: place)
        remove(victims[removal].map { RemovedRow(log: number, victim: $0) })
        return victims[removal].count
    }
}
