/// What there is in the store, for who copies all of it.
///
/// Lists are in the order of their texts' bytes. They hold whatever has something, and may also hold what
/// had something once: the driver need not look.
public protocol Inventory: Sendable {
    /// Domains that have an account, or an owner, from the first behind `after`.
    func domains(after domain: String?, limit: Int) async throws(StorageError) -> [String]

    /// Owners of a domain that have a roster, a document or a log, in the order of their names, from the
    /// first behind `after`; the domain itself, whose name is empty, comes first.
    func owners(in domain: String, after name: String?, limit: Int)
        async throws(StorageError) -> [Owner]

    /// All collections that an owner has: programs name them, so that they are few.
    func collections(of owner: Owner) async throws(StorageError) -> OwnedCollections

    /// The largest of all versions and ids that the store has made; zero when it made none.
    func newestNumber() async throws(StorageError) -> Int64

    /// Makes all versions and ids from now on larger than this one, so that nobody who knows a roster's
    /// version from elsewhere takes a new one for it.
    ///
    /// - Throws: `.invalid` for a number above ``StoreBounds/largestNumber``.
    func skipNumbers(through number: Int64) async throws(StorageError)
}

/// The names of an owner's collections, each list in the order of their bytes.
public struct OwnedCollections: Hashable, Sendable {
    public var documents: [String]
    public var logs: [String]

    public init(documents: [String] = [], logs: [String] = []) {
        self.documents = documents
        self.logs = logs
    }

    public var isEmpty: Bool { documents.isEmpty && logs.isEmpty }
}
