internal import MartletStorage

/// Where versions and ids come from: one row of numbers for the whole database, none used twice.
///
/// Read when a transaction first needs one and written at its end: until then the transaction's lock
/// keeps other processes away. A number that is not used after all leaves a gap.
struct NumberSequence {
    private var last: Int64?
    private var isChanged = false

    /// Gives `count` numbers, the first of them above `floor`, and returns the last.
    mutating func take(_ count: Int = 1, above floor: Int64 = 0, from database: Database)
        throws(StorageError) -> Int64
    {
        let stored = try last(from: database)
        let taken = max(stored, floor) + Int64(count)
        last = taken
        isChanged = true
        return taken
    }

    /// The last number that was given.
    mutating func last(from database: Database) throws(StorageError) -> Int64 {
        if let last { return last }
        let stored = try database.row("SELECT last FROM sequence") { $0.integer(0) }
        guard let stored else { throw .corrupt("the row of its sequence is missing") }
        last = stored
        return stored
    }

    mutating func store(in database: Database) throws(StorageError) {
        guard isChanged else { return }
        try database.run("UPDATE sequence SET last = ?", Value(last))
    }

    mutating func reset() { self = NumberSequence() }
}
