extension DocumentStore {
    public func document(_ key: String, in collection: String, of owner: Owner)
        async throws(StorageError) -> Document?
    {
        try await perform(.get(key: key, in: collection), of: owner).document
    }

    /// Documents in the order of their keys, from the first behind `after`.
    public func documents(
        in collection: String,
        of owner: Owner,
        prefix: String = "",
        after key: String? = nil,
        limit: Int
    ) async throws(StorageError) -> [Document] {
        let operation = Operation.list(in: collection, prefix: prefix, after: key, limit: limit)
        return try await perform(operation, of: owner).documents
    }

    public func countDocuments(in collection: String, of owner: Owner)
        async throws(StorageError) -> Int
    {
        try await perform(.countDocuments(in: collection), of: owner).count
    }

    /// Writes a document and gives its new version; `.conflict` when the condition does not hold.
    @discardableResult
    public func putDocument(
        _ key: String,
        in collection: String,
        of owner: Owner,
        value: [UInt8],
        ifVersion condition: VersionCondition = .any,
        expires: Timestamp? = nil
    ) async throws(StorageError) -> Int64 {
        let operation = Operation.put(
            key: key,
            in: collection,
            value: value,
            if: condition,
            expires: expires
        )
        return try await perform(operation, of: owner).version
    }

    /// Removes a document, and says whether there was one; `.conflict` when the condition does not hold.
    @discardableResult
    public func deleteDocument(
        _ key: String,
        in collection: String,
        of owner: Owner,
        ifVersion condition: VersionCondition = .any
    ) async throws(StorageError) -> Bool {
        let operation = Operation.delete(key: key, in: collection, if: condition)
        return try await perform(operation, of: owner).count > 0
    }

    func perform(_ operation: Operation, of owner: Owner) async throws(StorageError) -> Outcome {
        let outcomes = try await perform([operation], of: owner)
        guard let outcome = outcomes.first else { throw .corrupt("a driver gave no outcome") }
        return outcome
    }
}

/// Each names the kind that the operation promised; another is the driver's fault.
extension Outcome {
    public var document: Document? {
        get throws(StorageError) {
            guard case .document(let document) = self else { throw .otherOutcome }
            return document
        }
    }

    public var documents: [Document] {
        get throws(StorageError) {
            guard case .documents(let documents) = self else { throw .otherOutcome }
            return documents
        }
    }

    public var version: Int64 {
        get throws(StorageError) {
            guard case .version(let version) = self else { throw .otherOutcome }
            return version
        }
    }

    public var count: Int {
        get throws(StorageError) {
            guard case .count(let count) = self else { throw .otherOutcome }
            return count
        }
    }

    public var ids: [Int64] {
        get throws(StorageError) {
            guard case .ids(let ids) = self else { throw .otherOutcome }
            return ids
        }
    }

    public var page: LogPage {
        get throws(StorageError) {
            guard case .page(let page) = self else { throw .otherOutcome }
            return page
        }
    }

    public var size: LogSize {
        get throws(StorageError) {
            guard case .size(let size) = self else { throw .otherOutcome }
            return size
        }
    }
}

extension StorageError {
    fileprivate static let otherOutcome = StorageError.corrupt("a driver gave another outcome")
}
