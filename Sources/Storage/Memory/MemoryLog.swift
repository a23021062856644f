/// A log as an array, in the order of its ids.
struct MemoryLog {
    private var entries: [LogEntry] = []
    private var lastID: Int64 = 0
    private(set) var size = LogSize()

    /// Checks all ids before it appends anything.
    mutating func append(_ new: [NewLogEntry], sequence: inout Int64) throws(StorageError)
        -> [Int64]
    {
        var last = lastID
        var next = sequence
        var ids: [Int64] = []
        for entry in new {
            if entry.id == nil { next = max(next, last) + 1 }
            let id = entry.id ?? next
            guard id > last else { throw .conflict }
            ids.append(id)
            last = id
        }
        sequence = next
        lastID = last
        for (entry, id) in zip(new, ids) { append(entry, id: id) }
        return ids
    }

    private mutating func append(_ new: NewLogEntry, id: Int64) {
        entries.append(LogEntry(id: id, time: new.time, columns: new.columns, value: new.value))
        size.count += 1
        size.bytes += new.value.count
    }

    mutating func remove(where isGone: (LogEntry) -> Bool) -> Int {
        let before = entries.count
        entries.removeAll(where: isGone)
        measure()
        return before - entries.count
    }

    /// Which entries a trim removes, the oldest first.
    func ids(of trim: LogTrim) -> [Int64] {
        switch trim {
        case .through(let id): entries.map(\.id).filter { $0 <= id }
        case .toNewest(let kept): entries.dropLast(kept).map(\.id)
        case .before(let time):
            entries.filter { $0.time < time }.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
                .map(\.id)
        }
    }

    private mutating func measure() {
        size = LogSize(count: entries.count, bytes: entries.reduce(0) { $0 + $1.value.count })
    }

    func page(_ query: LogQuery) -> LogPage {
        let matching = entries.filter { entry in query.filters.allSatisfy { $0.matches(entry) } }
        let within = matching.filter { entry in
            entry.id > query.after ?? .min && entry.id < query.before ?? .max
        }
        let page = query.isBackwards ? within.suffix(query.limit) : within.prefix(query.limit)
        return LogPage(
            entries: Array(page),
            isComplete: page.count == within.count,
            total: query.wantsTotal ? matching.count : nil
        )
    }
}

extension LogPage {
    /// What a log that was never written to answers.
    package static func empty(for query: LogQuery) -> LogPage {
        LogPage(total: query.wantsTotal ? 0 : nil)
    }
}

extension LogFilter {
    func matches(_ entry: LogEntry) -> Bool {
        switch self {
        case .ids(let ids): ids.contains(entry.id)
        case .time(let from, let through):
            entry.time >= from ?? entry.time && entry.time <= through ?? entry.time
        case .column(let name, let test):
            entry.columns.contains { column, text in
                ByteText(column) == ByteText(name) && test.passes(ByteText(text))
            }
        }
    }
}

extension TextTest {
    /// Whether a text passes the test, byte by byte.
    package func passes(_ text: ByteText) -> Bool {
        switch self {
        case .equal(let other): text == ByteText(other)
        case .less(let other): text < ByteText(other)
        case .atMost(let other): text <= ByteText(other)
        case .greater(let other): text > ByteText(other)
        case .atLeast(let other): text >= ByteText(other)
        case .prefix(let prefix): text.hasPrefix(ByteText(prefix))
        case .oneOf(let others): others.contains { text == ByteText($0) }
        }
    }
}
