internal import MartletStorage

/// The one row of numbers that the whole database has.
struct Numbers {
    /// The last version or id that was given.
    var last: Int64
    /// The last row of the table of entries, be it there or removed.
    var row: Int64
    /// Up to which row all entries are in the indexes of their logs.
    var indexed: Int64
}

/// Where versions, ids and the rows of entries come from: none is used twice.
///
/// Read when a transaction first needs one and written at its end: until then the transaction's lock
/// keeps other processes away. A number that is not used after all leaves a gap.
struct NumberSequence {
    private var numbers: Numbers?
    private var isChanged = false

    /// Gives `count` numbers, the first of them above `floor`, and returns the last.
    mutating func take(_ count: Int = 1, above floor: Int64 = 0, from database: Database)
        throws(StorageError) -> Int64
    {
        var numbers = try read(from: database)
        numbers.last = max(numbers.last, floor) + Int64(count)
        change(to: numbers)
        return numbers.last
    }

    /// Makes the numbers go on behind one that was given out elsewhere.
    mutating func skip(through number: Int64, from database: Database) throws(StorageError) {
        var numbers = try read(from: database)
        numbers.last = max(numbers.last, number)
        change(to: numbers)
    }

    /// Gives the row of a new entry.
    mutating func takeRow(from database: Database) throws(StorageError) -> Int64 {
        var numbers = try read(from: database)
        numbers.row += 1
        change(to: numbers)
        return numbers.row
    }

    /// Says that all entries up to a row are indexed.
    mutating func indexed(through row: Int64, in database: Database) throws(StorageError) {
        var numbers = try read(from: database)
        numbers.indexed = max(numbers.indexed, row)
        change(to: numbers)
    }

    /// The numbers as this transaction has them.
    mutating func read(from database: Database) throws(StorageError) -> Numbers {
        if let numbers { return numbers }
        let stored = try database.storedNumbers()
        numbers = stored
        return stored
    }

    private mutating func change(to new: Numbers) {
        numbers = new
        isChanged = true
    }

    mutating func store(in database: Database) throws(StorageError) {
        guard isChanged, let numbers else { return }
        try database.run(
            "UPDATE sequence SET last = ?, last_row = ?, indexed = ?",
            .integer(numbers.last),
            .integer(numbers.row),
            .integer(numbers.indexed)
        )
    }

    mutating func reset() { self = NumberSequence() }
}

extension Database {
    /// The numbers as they were last committed, or as this connection's transaction sees them.
    func storedNumbers() throws(StorageError) -> Numbers {
        let stored = try row("SELECT last, last_row, indexed FROM sequence") {
            Numbers(last: $0.integer(0), row: $0.integer(1), indexed: $0.integer(2))
        }
        guard let stored else { throw .corrupt("the row of its sequence is missing") }
        return stored
    }
}
