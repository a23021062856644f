internal import MartletPostgreSQL
internal import MartletStorage
internal import Synchronization

/// The numbers of domains, collections and columns that this process has met.
///
/// A name keeps its number for ever, whoever removes what, so that a number that was read after its commit
/// stays true for all nodes.
final class Names: Sendable {
    private let numbers = Mutex<[ByteText: Int64]>([:])
    private static let limit = 50_000

    /// The number of a name that was met, or zero, which none has.
    subscript(_ name: String) -> Int64 { numbers.withLock { $0[ByteText(name)] ?? 0 } }

    private func unknown(among names: Set<ByteText>) -> [ByteText] {
        numbers.withLock { numbers in names.filter { numbers[$0] == nil } }
    }

    private func remember(_ rows: Rows, of names: [ByteText]) {
        numbers.withLock { numbers in
            if numbers.count + names.count >= Self.limit { numbers = [:] }
            for row in 0..<rows.count {
                guard let place = rows.integer(row, 0), let number = rows.integer(row, 1),
                    names.indices.contains(Int(place) - 1)
                else { continue }
                numbers[names[Int(place) - 1]] = number
            }
        }
    }
}

extension Names {
    /// Asks for the numbers of names that were not met, and makes those that are nowhere if it may.
    ///
    /// Outside of any transaction, so that a number which others see is never undone.
    func meet(
        _ names: Set<ByteText>,
        mayMake: Bool,
        on connection: isolated Connection
    ) async throws(DatabaseError) {
        let missing = unknown(among: names).sorted()
        guard !missing.isEmpty else { return }
        let texts = Parameter.byteStrings(missing.map { Array($0.string.utf8) })
        let found = try await connection.round([Query(Self.find, [texts])])
        if let rows = found.first { remember(rows, of: missing) }
        guard mayMake, !unknown(among: names).isEmpty else { return }
        let made = try await connection.round([
            Query(Self.make, [texts]), Query(Self.find, [texts]),
        ])
        if let rows = made.last { remember(rows, of: missing) }
    }

    private static let find: Statement = """
        SELECT k.place, n.id::bigint FROM unnest($1::bytea[]) WITH ORDINALITY AS k(text, place),
        LATERAL (SELECT id FROM name WHERE text = k.text LIMIT 1) AS n
        """

    private static let make: Statement = """
        INSERT INTO name (text) SELECT k.text FROM unnest($1::bytea[]) AS k(text)
        WHERE NOT EXISTS (SELECT FROM name WHERE text = k.text) ON CONFLICT DO NOTHING
        """
}
