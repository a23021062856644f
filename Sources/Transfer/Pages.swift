internal import MartletStorage

/// How many things to ask for next, so that a page has some megabytes at most, if things stay as large as
/// they were.
private struct PageSize {
    private(set) var limit = 16
    private static let wantedBytes = 2 << 20

    mutating func learn(count: Int, bytes: Int) {
        let mean = max(64, bytes / max(1, count))
        limit = max(1, min(500, limit * 4, Self.wantedBytes / mean))
    }
}

/// The documents of a collection, some at a time.
struct DocumentPages {
    private let store: any Store
    private let collection: String
    private let owner: Owner
    private var size = PageSize()
    private var last: String?

    init(_ store: any Store, _ collection: String, _ owner: Owner) {
        (self.store, self.collection, self.owner) = (store, collection, owner)
    }

    mutating func next() async throws -> [Document]? {
        let operation = Operation.list(in: collection, after: last, limit: size.limit)
        let outcomes = try await store.perform([operation], of: owner)
        guard case .documents(let page)? = outcomes.first, let end = page.last else { return nil }
        last = end.key
        size.learn(count: page.count, bytes: page.reduce(0) { $0 + $1.value.count })
        return page
    }
}

/// The entries of a log, some at a time, the oldest first.
struct LogPages {
    private let store: any Store
    private let collection: String
    private let owner: Owner
    private var size = PageSize()
    private var last: Int64?

    init(_ store: any Store, _ collection: String, _ owner: Owner) {
        (self.store, self.collection, self.owner) = (store, collection, owner)
    }

    mutating func next() async throws -> [LogEntry]? {
        let query = LogQuery(after: last, limit: size.limit)
        let page = try await store.query(query, in: collection, of: owner).entries
        guard let end = page.last else { return nil }
        last = end.id
        size.learn(count: page.count, bytes: page.reduce(0) { $0 + $1.value.count })
        return page
    }
}
