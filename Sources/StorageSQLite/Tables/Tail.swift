internal import MartletStorage

/// The newest entries of all logs, which are on the disk but in no index yet.
///
/// A cache of the rows above those that are indexed, with all of an entry but its value: what it holds can
/// be read again from the database at any time. The writer adds what it appends; every connection reads what
/// others did (``Database/readTail()``).
final class Tail {
    struct Entry {
        let row: Int64
        let id: Int64
        let time: Int64
        /// The length of the value.
        let bytes: Int
        /// Most have one column, and need no array for it.
        private(set) var first: Text?
        private(set) var others: [Text] = []

        init(row: Int64, id: Int64, time: Int64, bytes: Int) {
            self.row = row
            self.id = id
            self.time = time
            self.bytes = bytes
        }

        mutating func add(_ text: Text) {
            if first == nil { first = text } else { others.append(text) }
        }

        /// Whether one of its texts is in the column, and passes the test.
        func has(_ name: Int64, _ test: TextTest) -> Bool {
            let passes = { (text: Text) in text.name == name && test.passes(ByteText(text.text)) }
            return first.map(passes) == true || others.contains(where: passes)
        }
    }

    /// What an entry has in a column, by the number of the column's name.
    struct Text {
        let name: Int64
        let text: String
    }

    /// Entries, or bytes of texts, at which they are indexed.
    private let limit: (count: Int, textBytes: Int)
    /// Entries that are indexed in one transaction, roughly: some milliseconds, for which commits wait.
    let portion: Int

    private enum Change {
        case added(log: Int64, after: Int64)
        case removed(log: Int64, [Entry])
    }

    private var logs: [Int64: [Entry]] = [:]
    private(set) var count = 0
    private(set) var textBytes = 0
    /// The last row that was looked at.
    private(set) var through: Int64 = 0
    /// The last row that is known to be indexed with all before it.
    private(set) var indexed: Int64 = 0
    /// Whether others may have added or indexed entries since it was last read.
    var isStale = true
    /// What the transaction under way has changed so far.
    private var changes: [Change] = []

    init(limit: Int) {
        self.limit = (max(1, limit), max(1, limit) * 256)
        portion = max(1, min(limit / 8, 512))
    }

    /// Whether it is time to index what is here.
    var isLong: Bool { count >= limit.count || textBytes >= limit.textBytes }

    /// Whether it is so long that nothing may be added before some of it is indexed.
    var isFull: Bool { count >= 4 * limit.count || textBytes >= 4 * limit.textBytes }

    subscript(log: Int64) -> [Entry] { logs[log] ?? [] }

    /// The logs that have entries here, in the order of their numbers.
    var numbers: [Int64] { logs.keys.sorted() }

    /// Adds an entry that this transaction appends.
    func append(_ entry: Entry, to log: Int64) {
        changes.append(.added(log: log, after: through))
        add(entry, to: log)
        through = entry.row
    }

    /// Removes the entries of a log, which this transaction has indexed.
    func remove(_ log: Int64) {
        guard let entries = logs.removeValue(forKey: log) else { return }
        changes.append(.removed(log: log, entries))
        for entry in entries { discount(entry) }
    }

    /// Takes what a transaction finds in the database.
    func read(_ entries: [(log: Int64, entry: Entry)], _ numbers: Numbers) {
        if numbers.indexed > indexed { drop(through: numbers.indexed) }
        for (log, entry) in entries { add(entry, to: log) }
        through = max(through, numbers.row)
        isStale = false
    }

    private func drop(through row: Int64) {
        indexed = row
        for (log, entries) in logs {
            let kept = entries.filter { $0.row > row }
            for entry in entries where entry.row <= row { discount(entry) }
            logs[log] = kept.isEmpty ? nil : kept
        }
    }

    private func add(_ entry: Entry, to log: Int64) {
        logs[log, default: []].append(entry)
        count += 1
        textBytes += entry.textBytes
    }

    private func discount(_ entry: Entry) {
        count -= 1
        textBytes -= entry.textBytes
    }
}

/// A transaction, or a step of one, may come to nothing.
extension Tail {
    /// The place to go back to.
    var mark: Int { changes.count }

    /// Undoes all that was changed since the mark.
    func undo(to mark: Int) {
        while changes.count > mark {
            switch changes.removeLast() {
            case .added(let log, let before):
                if let entry = logs[log]?.popLast() { discount(entry) }
                if logs[log]?.isEmpty == true { logs[log] = nil }
                through = before
            case .removed(let log, let entries):
                logs[log] = entries
                for entry in entries {
                    count += 1
                    textBytes += entry.textBytes
                }
            }
        }
    }

    /// The transaction is committed.
    func keep() { changes.removeAll(keepingCapacity: true) }
}

extension Tail.Entry {
    fileprivate var textBytes: Int {
        others.reduce(first?.text.utf8.count ?? 0) { $0 + $1.text.utf8.count }
    }
}
