extension DocumentStore {
    /// Appends entries in their order, and gives their ids; `.conflict` when a given id is not above
    /// all before it.
    @discardableResult
    public func append(_ entries: [NewLogEntry], to collection: String, of owner: Owner)
        async throws(StorageError) -> [Int64]
    {
        try await perform(.append(entries, to: collection), of: owner).ids
    }

    public func query(_ query: LogQuery, in collection: String, of owner: Owner)
        async throws(StorageError) -> LogPage
    {
        try await perform(.query(query, in: collection), of: owner).page
    }

    /// How much is in a log; costs the same whatever the answer.
    public func size(of collection: String, of owner: Owner)
        async throws(StorageError) -> LogSize
    {
        try await perform(.size(of: collection), of: owner).size
    }

    /// Removes entries, and says how many of them were there.
    @discardableResult
    public func removeEntries(_ ids: [Int64], from collection: String, of owner: Owner)
        async throws(StorageError) -> Int
    {
        try await perform(.removeEntries(ids, from: collection), of: owner).count
    }

    /// Removes the oldest entries, ``StoreBounds/trimCount`` at most, and says how many.
    @discardableResult
    public func trim(_ trim: LogTrim, in collection: String, of owner: Owner)
        async throws(StorageError) -> Int
    {
        try await perform(.trim(trim, in: collection), of: owner).count
    }
}
