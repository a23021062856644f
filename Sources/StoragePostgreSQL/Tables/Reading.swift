internal import MartletPostgreSQL
internal import MartletStorage

/// A read of an owner: its statements, which are one round, and how to understand their rows.
struct Reading: Sendable {
    private let operation: Operation
    let queries: [Query]

    init(_ operation: Operation, of owner: Owner, at now: Timestamp, _ names: NameTable) {
        self.operation = operation
        let place: [Parameter] = [
            .integer(names[owner.domain]), .bytes(Array(owner.name.utf8)),
            .integer(names[operation.collection]),
        ]
        let moment = Parameter.time(now.inRange)
        switch operation {
        case .get(let key, _):
            queries = [Query(Self.get, place + [.bytes(Array(key.utf8)), moment])]
        case .list(_, let prefix, let after, let limit):
            let range = TextRange(prefix: prefix, after: after)
            let upper = range.upper.map { Parameter.bytes($0) }
            let bounds = [Parameter.bytes(range.lower)] + (upper.map { [$0] } ?? [])
            let statement = upper == nil ? Self.listToEnd : Self.list
            queries = [Query(statement, place + [moment, .integer(limit)] + bounds)]
        case .countDocuments: queries = [Query(Self.count, place + [moment])]
        case .size: queries = [Query(Self.size, place)]
        case .query(let query, _):
            queries = LogSearch(query, in: place, names).queries
        case .put, .delete, .append, .removeEntries, .trim: queries = []
        }
    }

    /// Reads the rows of ``queries``.
    func outcome(_ rows: ArraySlice<Rows>) throws(StorageError) -> Outcome {
        guard rows.count == queries.count, let first = rows.first, let last = rows.last else {
            throw .corrupt("an answer is missing")
        }
        switch operation {
        case .get: return .document(try first.documents().first)
        case .list: return .documents(try first.documents())
        case .countDocuments: return .count(Int(try first.number(0, 0)))
        case .size: return .size(try first.size())
        case .query(let query, _): return .page(try LogSearch.page(query, first, count: last))
        case .put, .delete, .append, .removeEntries, .trim: throw .corrupt("a write is no read")
        }
    }

    private static let source = """
        SELECT d.key, d.value, d.version, d.expires
        FROM owner AS o JOIN document AS d ON d.owner = o.id
        WHERE o.domain = $1 AND o.name = $2 AND d.collection = $3
        """

    static let get = Statement.brief(
        source + " AND d.key = $4 AND (d.expires IS NULL OR d.expires > $5)"
    )

    /// The owner first, as a value: then the keys are one range of the index, in its order.
    private static let range = """
        SELECT d.key, d.value, d.version, d.expires FROM document AS d
        WHERE d.owner = (SELECT id FROM owner WHERE domain = $1 AND name = $2)
        AND d.collection = $3 AND (d.expires IS NULL OR d.expires > $4) AND d.key >= $6\u{20}
        """
    static let list = Statement(range + "AND d.key < $7 ORDER BY d.key LIMIT $5")
    static let listToEnd = Statement(range + "ORDER BY d.key LIMIT $5")

    static let count: Statement = """
        SELECT count(*) FROM document AS d
        WHERE d.owner = (SELECT id FROM owner WHERE domain = $1 AND name = $2)
        AND d.collection = $3 AND (d.expires IS NULL OR d.expires > $4)
        """

    static let size = Statement.brief(
        """
        SELECT l.entries, l.bytes FROM owner AS o JOIN log AS l ON l.owner = o.id
        WHERE o.domain = $1 AND o.name = $2 AND l.collection = $3
        """
    )
}

extension Rows {
    /// Documents of key, value, version and expiry.
    fileprivate func documents() throws(StorageError) -> [Document] {
        var documents: [Document] = []
        documents.reserveCapacity(count)
        for row in 0..<count {
            documents.append(
                Document(
                    key: try string(row, 0),
                    value: try content(row, 1),
                    version: try number(row, 2),
                    expires: time(row, 3).map { Timestamp(microseconds: $0) }
                )
            )
        }
        return documents
    }

    /// Entries and bytes of a log in two columns, if there is one.
    func size(at column: Int = 0) throws(StorageError) -> LogSize {
        guard count > 0, !isNull(0, column) else { return LogSize() }
        return LogSize(
            count: Int(try number(0, column)),
            bytes: Int(try number(0, column + 1))
        )
    }
}
