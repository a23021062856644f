internal import MartletStorage

/// The numbers of domains, collections and columns that a connection has met.
///
/// A name keeps its number for ever, so that what was read after a commit stays true.
final class NameCache {
    private var numbers: [ByteText: Int64] = [:]
    private static let limit = 50_000

    subscript(_ name: String) -> Int64? { numbers[ByteText(name)] }

    func remember(_ name: String, as number: Int64) {
        if numbers.count >= Self.limit { numbers = [:] }
        numbers[ByteText(name)] = number
    }

    func removeAll() { numbers = [:] }
}

extension Database {
    /// The number of a name, or nil when nothing was ever stored under it.
    func knownName(_ name: String) throws(StorageError) -> Int64? {
        if let number = names[name] { return number }
        let number = try row("SELECT id FROM name WHERE text = ?", .text(name)) { $0.integer(0) }
        if let number { names.remember(name, as: number) }
        return number
    }

    /// The number of a name, which gets one when it has none.
    func name(_ name: String) throws(StorageError) -> Int64 {
        if let number = try knownName(name) { return number }
        try run("INSERT INTO name (text) VALUES (?)", .text(name))
        names.remember(name, as: lastInsertedRow)
        return lastInsertedRow
    }
}
