import FoundationEssentials

/// A collection of documents of one type, kept as JSON.
public struct Documents<Value: Codable & Sendable>: Sendable {
    private let store: Store
    private let collection: String

    /// A value and the version it was read at, for a change that nobody else may have made first.
    public struct Found: Sendable {
        public var key: String
        public var value: Value
        public var version: Int64
    }

    /// A collection that the plugin declared.
    public init(_ collection: String, at site: Site) {
        self.collection = collection
        store = site.store
    }

    /// Nil when there is none, or it cannot be read as what it should be.
    public func get(_ key: String, of owner: Store.Owner) async throws(StoreError) -> Found? {
        try await store.perform(.get(key: key, in: collection), of: owner).document.flatMap(found)
    }

    @discardableResult
    public func put(
        _ value: Value,
        under key: String,
        of owner: Store.Owner,
        if condition: VersionCondition = .any,
        expires: Timestamp? = nil
    ) async throws(StoreError) -> Int64 {
        guard let bytes = try? JSONEncoder().encode(value) else { throw .failed }
        let operation = Operation.put(
            key: key,
            in: collection,
            value: [UInt8](bytes),
            if: condition,
            expires: expires
        )
        return try await store.perform(operation, of: owner).version ?? 0
    }

    @discardableResult
    public func delete(
        _ key: String,
        of owner: Store.Owner,
        if condition: VersionCondition = .any
    ) async throws(StoreError) -> Bool {
        let operation = Operation.delete(key: key, in: collection, if: condition)
        return try await store.perform(operation, of: owner).count > 0
    }

    /// In the order of their keys, from the first behind `after`.
    public func list(
        of owner: Store.Owner,
        prefix: String = "",
        after key: String? = nil,
        limit: Int
    ) async throws(StoreError) -> [Found] {
        let operation = Operation.list(in: collection, prefix: prefix, after: key, limit: limit)
        return try await store.perform(operation, of: owner).documents.compactMap(found)
    }

    public func count(of owner: Store.Owner) async throws(StoreError) -> Int {
        try await store.perform(.countDocuments(in: collection), of: owner).count
    }

    private func found(_ document: Document) -> Found? {
        guard let value = try? JSONDecoder().decode(Value.self, from: Data(document.value)) else {
            return nil
        }
        return Found(key: document.key, value: value, version: document.version)
    }
}
