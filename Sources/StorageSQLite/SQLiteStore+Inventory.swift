public import MartletStorage

extension SQLiteStore {
    public func domains(after domain: String?, limit: Int) async throws(StorageError) -> [String] {
        try StoreBounds.check(limit: limit)
        return try await reader.call { (database) throws(StorageError) in
            try database.domains(after: domain, limit: limit)
        }
    }

    public func owners(in domain: String, after name: String?, limit: Int)
        async throws(StorageError) -> [Owner]
    {
        try StoreBounds.check(limit: limit)
        return try await reader.call { (database) throws(StorageError) in
            try database.owners(in: domain, after: name, limit: limit)
        }
    }

    public func collections(of owner: Owner) async throws(StorageError) -> OwnedCollections {
        try await reader.call { (database) throws(StorageError) in
            try database.collections(of: owner)
        }
    }

    public func newestNumber() async throws(StorageError) -> Int64 {
        try await reader.call { (database) throws(StorageError) in
            try database.storedNumbers().last
        }
    }

    public func skipNumbers(through number: Int64) async throws(StorageError) {
        try StoreBounds.check(number: number)
        try await writer.call { (database) throws(StorageError) in
            try database.sequence.skip(through: number, from: database)
        }
    }
}
