internal import MartletPostgreSQL
internal import MartletStorage
internal import Synchronization

/// The numbers of the names that one group, or one read, has to do with.
///
/// It never changes, whatever this process meets or forgets meanwhile.
struct NameTable: Sendable {
    fileprivate var numbers: [ByteText: Int64] = [:]

    /// The number of a name, or zero, which none has: nobody has written it yet.
    subscript(_ name: String) -> Int64 { numbers[ByteText(name)] ?? 0 }
}

/// The numbers of domains, collections and columns that this process has met.
///
/// A name keeps its number for ever, whoever removes what, so that a number that was read after its commit
/// stays true for all nodes. Only a server that took over from another may lack it: what was met is
/// forgotten when a connection is lost.
final class Names: Sendable {
    private let numbers = Mutex<[ByteText: Int64]>([:])
    /// Names that are remembered, at most; one more, and all are met anew.
    private let limit: Int

    init(limit: Int = 50_000) { self.limit = limit }

    /// Those of some names that were met.
    private func known(among names: Set<ByteText>) -> NameTable {
        numbers.withLock { numbers in
            var table = NameTable()
            for name in names { table.numbers[name] = numbers[name] }
            return table
        }
    }

    private func remember(_ met: [ByteText: Int64]) {
        numbers.withLock { numbers in
            if numbers.count + met.count > limit { numbers = [:] }
            numbers.merge(met) { $1 }
        }
    }

    func forget() { numbers.withLock { $0 = [:] } }
}

extension Names {
    /// Finds the numbers of names, and makes those that are nowhere if it may.
    ///
    /// Outside of any transaction, so that a number which others see is never undone.
    ///
    /// - Throws: what may pass next time when a name that it makes is not there after that.
    func meet(
        _ names: Set<ByteText>,
        mayMake: Bool,
        on connection: isolated Connection
    ) async throws(DatabaseError) -> NameTable {
        var table = known(among: names)
        let missing = names.filter { table.numbers[$0] == nil }.sorted()
        guard !missing.isEmpty else { return table }
        let texts = Parameter.byteStrings(missing.map { Array($0.string.utf8) })
        let found = try await connection.round([Query(Self.find, [texts])])
        var met = found.last?.numbers(of: missing) ?? [:]
        if mayMake, met.count < missing.count {
            let made = try await connection.round([
                Query(Self.make, [texts]), Query(Self.find, [texts]),
            ])
            met = made.last?.numbers(of: missing) ?? [:]
            guard met.count == missing.count else { throw .server(Self.unseen) }
        }
        remember(met)
        table.numbers.merge(met) { $1 }
        return table
    }

    /// Another node made it, and what we read is from before.
    private static let unseen = ServerFailure(
        sqlState: "40001",
        message: "a name that was made at the same time is not to be seen yet"
    )

    private static let find: Statement = """
        SELECT k.place, n.id::bigint FROM unnest($1::bytea[]) WITH ORDINALITY AS k(text, place),
        LATERAL (SELECT id FROM name WHERE text = k.text LIMIT 1) AS n
        """

    private static let make: Statement = """
        INSERT INTO name (text) SELECT k.text FROM unnest($1::bytea[]) AS k(text)
        WHERE NOT EXISTS (SELECT FROM name WHERE text = k.text) ON CONFLICT DO NOTHING
        """
}

extension Rows {
    /// Rows of a place, counted from one, and the number of the name there.
    fileprivate func numbers(of names: [ByteText]) -> [ByteText: Int64] {
        var numbers: [ByteText: Int64] = [:]
        for row in 0..<count {
            guard let place = integer(row, 0), let number = integer(row, 1),
                (1...Int64(names.count)).contains(place)
            else { continue }
            numbers[names[Int(place) - 1]] = number
        }
        return numbers
    }
}
