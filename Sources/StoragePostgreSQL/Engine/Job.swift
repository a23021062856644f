internal import MartletPostgreSQL
internal import MartletStorage

/// A call that writes, and waits for its group.
struct Job: Sendable {
    /// What is to be done; it may be done again after its transaction was undone.
    enum Work: Sendable {
        case operations([Operation], of: Owner, at: Timestamp)
        case roster([RosterChange], of: Owner)
        /// A statement that says by its rows what came of it, and fails only as the database does.
        case statement(Direct)
    }

    enum Answer: Sendable {
        case outcomes([Outcome])
        case version(Int64)
        case rows(Rows)
    }

    typealias Result = Swift.Result<Answer, StorageError>

    var work: Work
    /// Bytes that it keeps in memory, roughly.
    var cost: Int
    /// Since when it waits.
    var since = ContinuousClock.now
    var done: @Sendable (Result) -> Void
}

/// A statement whose first parameters are the numbers of names.
struct Direct: Sendable {
    var statement: Statement
    var names: [String]
    var parameters: [Parameter]
    /// Whose lock it takes.
    var owner: Owner?

    func query(_ numbers: NameTable) -> Query {
        Query(statement, names.map { .integer(numbers[$0]) } + parameters)
    }
}

extension Job.Work {
    /// Whose lock it needs.
    var owner: Owner? {
        switch self {
        case .operations(_, let owner, _), .roster(_, let owner): owner
        case .statement(let direct): direct.owner
        }
    }

    /// Adds the texts whose numbers have to be known first.
    func addNames(to names: inout Set<ByteText>) {
        switch self {
        case .operations(let operations, let owner, _):
            names.insert(ByteText(owner.domain))
            for operation in operations { operation.addNames(to: &names) }
        case .roster(_, let owner): names.insert(ByteText(owner.domain))
        case .statement(let direct): names.formUnion(direct.names.map { ByteText($0) })
        }
    }
}

extension Job.Work {
    /// Rows that it may touch, roughly.
    var weight: Int {
        switch self {
        case .operations(let operations, _, _): operations.reduce(0) { $0 + $1.weight }
        case .roster(let changes, _): changes.count
        case .statement: 1
        }
    }
}

extension Operation {
    /// Rows that it may write, roughly.
    fileprivate var weight: Int {
        switch self {
        case .append(let entries, _): entries.count
        case .removeEntries(let ids, _): ids.count
        case .trim: StoreBounds.trimCount
        default: 1
        }
    }

    var collection: String {
        switch self {
        case .get(_, let collection), .list(let collection, _, _, _),
            .countDocuments(let collection), .put(_, let collection, _, _, _),
            .delete(_, let collection, _), .append(_, let collection), .query(_, let collection),
            .size(let collection), .removeEntries(_, let collection), .trim(_, let collection):
            collection
        }
    }

    /// Adds the collection and the columns.
    func addNames(to names: inout Set<ByteText>) {
        names.insert(ByteText(collection))
        switch self {
        case .append(let entries, _):
            for entry in entries { for name in entry.columns.keys { names.insert(ByteText(name)) } }
        case .query(let query, _):
            for case .column(let name, _) in query.filters { names.insert(ByteText(name)) }
        default: break
        }
    }

    var valueBytes: Int {
        switch self {
        case .put(_, _, let value, _, _): value.count
        case .append(let entries, _): entries.reduce(0) { $0 + $1.value.count }
        default: 0
        }
    }
}
