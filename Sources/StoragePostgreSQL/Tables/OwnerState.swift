internal import MartletPostgreSQL
internal import MartletStorage

/// The row of an owner, if there is one.
struct OwnerState {
    var id: Int64?
    /// Above which ids that are made begin: what an earlier owner of the name may have given out.
    var lastEntry: Int64 = 0
}

/// Takes the rows of a segment's statements in their order.
struct SegmentReader {
    let segment: Segment
    var rows: ArraySlice<Rows>

    mutating func next() throws(StorageError) -> Rows {
        guard let first = rows.popFirst() else { throw .corrupt("an answer is missing") }
        return first
    }

    mutating func owners() throws(StorageError) -> [OwnerState] {
        let rows = try next()
        var owners = Array(repeating: OwnerState(), count: segment.owners.keys.count)
        for row in 0..<rows.count {
            let place = try rows.place(row, of: owners.count)
            owners[place] = OwnerState(
                id: try rows.number(row, 1),
                lastEntry: try rows.number(row, 2)
            )
        }
        return owners
    }

    mutating func numbers() throws(StorageError) -> [Int64] {
        guard segment.numberCount > 0 else { return [] }
        let rows = try next()
        var numbers: [Int64] = []
        numbers.reserveCapacity(rows.count)
        for row in 0..<rows.count { numbers.append(try rows.number(row, 0)) }
        return numbers
    }
}

extension Rows {
    /// A number that is never null.
    func number(_ row: Int, _ column: Int) throws(StorageError) -> Int64 {
        guard let number = integer(row, column) else { throw .corrupt("a number is missing") }
        return number
    }

    /// Bytes that are never null.
    func content(_ row: Int, _ column: Int) throws(StorageError) -> [UInt8] {
        guard let bytes = bytes(row, column) else { throw .corrupt("a value is missing") }
        return bytes
    }

    func moment(_ row: Int, _ column: Int) throws(StorageError) -> Timestamp {
        guard let time = time(row, column) else { throw .corrupt("a time is missing") }
        return Timestamp(microseconds: time)
    }

    /// The text whose bytes a column has.
    func string(_ row: Int, _ column: Int) throws(StorageError) -> String {
        String(decoding: try content(row, column), as: UTF8.self)
    }

    /// The place, counted from zero, that the first column counts from one.
    func place(_ row: Int, of count: Int) throws(StorageError) -> Int {
        let place = try number(row, 0)
        guard place >= 1, place <= Int64(count) else { throw .corrupt("a row has no place") }
        return Int(place) - 1
    }

    /// A count or a length; what cannot be one is taken for the nearest that can.
    func size(_ row: Int, _ column: Int) throws(StorageError) -> Int {
        Int(min(max(try number(row, column), 0), StoreBounds.largestNumber))
    }
}
