public import MartletCore
internal import Synchronization

/// A store that forgets everything with the process: for tests, and for domains that keep nothing.
public final class MemoryStore: Store {
    private let state: Mutex<MemoryState>
    private let now: @Sendable () -> Timestamp

    /// - Parameter now: the clock that documents expire by.
    public init(now: @escaping @Sendable () -> Timestamp = { .now() }) {
        state = Mutex(MemoryState())
        self.now = now
    }

    public func close() async {
        state.withLock { $0.isClosed = true }
    }

    private func withState<T: Sendable>(
        _ body: (inout MemoryState) throws(StorageError) -> T
    ) throws(StorageError) -> T {
        try state.withLock { (state) throws(StorageError) in
            guard !state.isClosed else { throw .unavailable("it is closed") }
            return try body(&state)
        }
    }
}

extension MemoryStore {
    public func account(_ jid: JID) async throws(StorageError) -> Account? {
        try withState { (state) throws(StorageError) in state.account(jid) }
    }

    public func createAccount(_ account: Account) async throws(StorageError) {
        try withState { (state) throws(StorageError) in try state.create(account) }
    }

    public func setVerifiers(_ verifiers: [String: String], of jid: JID)
        async throws(StorageError)
    {
        try withState { (state) throws(StorageError) in
            try state.update(jid) { $0.verifiers = verifiers }
        }
    }

    public func replaceVerifiers(
        _ old: [String: String],
        with new: [String: String],
        of jid: JID
    ) async throws(StorageError) {
        try withState { (state) throws(StorageError) in
            let present = state.account(jid)?.verifiers
            guard present == nil || present == old else { throw .conflict }
            try state.update(jid) { $0.verifiers = new }
        }
    }

    public func setDisabled(_ isDisabled: Bool, of jid: JID) async throws(StorageError) {
        try withState { (state) throws(StorageError) in
            try state.update(jid) { $0.isDisabled = isDisabled }
        }
    }

    public func removeAccount(_ jid: JID) async throws(StorageError) {
        try withState { (state) throws(StorageError) in try state.remove(jid) }
    }

    public func accounts(in domain: String, after localpart: String?, limit: Int)
        async throws(StorageError) -> [Account]
    {
        try StoreBounds.check(limit: limit)
        return try withState { (state) throws(StorageError) in
            state.accounts(in: domain, after: localpart, limit: limit)
        }
    }

    public func countAccounts(in domain: String) async throws(StorageError) -> Int {
        try withState { (state) throws(StorageError) in
            state.accounts[ByteText(domain)]?.count ?? 0
        }
    }
}

extension MemoryStore {
    public func roster(of jid: JID) async throws(StorageError) -> Roster {
        try withState { (state) throws(StorageError) in
            state.owners[Owner(jid)]?.roster.snapshot ?? Roster()
        }
    }

    public func rosterItem(_ contact: JID, of jid: JID) async throws(StorageError) -> RosterItem? {
        try withState { (state) throws(StorageError) in
            state.owners[Owner(jid)]?.roster.item(contact)
        }
    }

    public func countRosterItems(of jid: JID) async throws(StorageError) -> Int {
        try withState { (state) throws(StorageError) in
            state.owners[Owner(jid)]?.roster.count ?? 0
        }
    }

    @discardableResult
    public func changeRoster(_ changes: [RosterChange], of jid: JID)
        async throws(StorageError) -> Int64
    {
        try withState { (state) throws(StorageError) in
            state.changeRoster(changes, of: Owner(jid))
        }
    }

    public func rosterChanges(of jid: JID, since version: Int64)
        async throws(StorageError) -> RosterHistory?
    {
        try withState { (state) throws(StorageError) in
            (state.owners[Owner(jid)]?.roster ?? MemoryRoster()).history(since: version)
        }
    }
}

extension MemoryStore {
    @discardableResult
    public func perform(_ operations: [Operation], of owner: Owner)
        async throws(StorageError) -> [Outcome]
    {
        try performNow(operations, of: owner)
    }

    public func perform(
        _ operations: [Operation],
        of owner: Owner,
        then done: @escaping @Sendable (Result<[Outcome], StorageError>) -> Void
    ) {
        // Here and not on the task: tasks run in any order.
        let result = Result { () throws(StorageError) in try performNow(operations, of: owner) }
        // Who asked is told by it, and waits for that.
        Task { done(result) }
    }

    private func performNow(_ operations: [Operation], of owner: Owner)
        throws(StorageError) -> [Outcome]
    {
        try StoreBounds.check(operations, of: owner)
        let moment = now()
        return try withState { (state) throws(StorageError) in
            try state.perform(operations, of: owner, at: moment)
        }
    }

    public func removeAll(of owner: Owner) async throws(StorageError) {
        try withState { (state) throws(StorageError) in state.owners[owner] = nil }
    }

    public func removeExpiredDocuments(limit: Int) async throws(StorageError) -> Int {
        try StoreBounds.check(limit: limit)
        let moment = now()
        return try withState { (state) throws(StorageError) in
            state.removeExpiredDocuments(limit: limit, at: moment)
        }
    }
}

extension MemoryStore {
    public func domains(after domain: String?, limit: Int) async throws(StorageError) -> [String] {
        try StoreBounds.check(limit: limit)
        return try withState { (state) throws(StorageError) in
            state.domains(after: domain, limit: limit)
        }
    }

    public func owners(in domain: String, after name: String?, limit: Int)
        async throws(StorageError) -> [Owner]
    {
        try StoreBounds.check(limit: limit)
        return try withState { (state) throws(StorageError) in
            state.owners(in: domain, after: name, limit: limit)
        }
    }

    public func collections(of owner: Owner) async throws(StorageError) -> OwnedCollections {
        try withState { (state) throws(StorageError) in
            state.owners[owner]?.collections ?? OwnedCollections()
        }
    }

    public func newestNumber() async throws(StorageError) -> Int64 {
        try withState { (state) throws(StorageError) in state.sequence }
    }

    public func skipNumbers(through number: Int64) async throws(StorageError) {
        try StoreBounds.check(number: number)
        try withState { (state) throws(StorageError) in
            state.sequence = max(state.sequence, number)
        }
    }
}
