import MartletCore
import MartletStorage
import Synchronization

/// A store in memory that fails to archive for somebody, or waits before it looks into archives; and
/// that counts what it is asked for.
final class StubbornStore: Store {
    private let store = MemoryStore()
    private let poor: Owner?
    private let gate: AsyncStream<Void>?
    private let asked: AsyncStream<Void>.Continuation?

    /// How many documents it listed.
    let listedCount = Atomic(0)

    private static let log = "archive"

    /// One that does what it is asked, and counts.
    init() {
        (poor, gate, asked) = (nil, nil, nil)
    }

    init(failsToAppendFor account: JID) {
        poor = Owner(account)
        (gate, asked) = (nil, nil)
    }

    init(waitsToQuery gate: AsyncStream<Void>, telling asked: AsyncStream<Void>.Continuation) {
        poor = nil
        self.gate = gate
        self.asked = asked
    }

    func perform(_ operations: [Operation], of owner: Owner)
        async throws(StorageError) -> [Outcome]
    {
        for operation in operations {
            switch operation {
            case .append(_, to: Self.log) where owner == poor: throw .full
            case .query(_, in: Self.log):
                asked?.yield()
                if let gate { for await _ in gate {} }
            default: break
            }
        }
        let outcomes = try await store.perform(operations, of: owner)
        for case .documents(let documents) in outcomes {
            listedCount.add(documents.count, ordering: .relaxed)
        }
        return outcomes
    }

    func close() async { await store.close() }

    func account(_ jid: JID) async throws(StorageError) -> Account? {
        try await store.account(jid)
    }

    func createAccount(_ account: Account) async throws(StorageError) {
        try await store.createAccount(account)
    }

    func replaceVerifiers(
        _ old: [String: String],
        with new: [String: String],
        of jid: JID
    ) async throws(StorageError) {
        try await store.replaceVerifiers(old, with: new, of: jid)
    }

    func setVerifiers(_ verifiers: [String: String], of jid: JID) async throws(StorageError) {
        try await store.setVerifiers(verifiers, of: jid)
    }

    func setDisabled(_ isDisabled: Bool, of jid: JID) async throws(StorageError) {
        try await store.setDisabled(isDisabled, of: jid)
    }

    func removeAccount(_ jid: JID) async throws(StorageError) {
        try await store.removeAccount(jid)
    }

    func accounts(in domain: String, after localpart: String?, limit: Int)
        async throws(StorageError) -> [Account]
    {
        try await store.accounts(in: domain, after: localpart, limit: limit)
    }

    func countAccounts(in domain: String) async throws(StorageError) -> Int {
        try await store.countAccounts(in: domain)
    }

    func roster(of jid: JID) async throws(StorageError) -> Roster {
        try await store.roster(of: jid)
    }

    func rosterItem(_ contact: JID, of jid: JID) async throws(StorageError) -> RosterItem? {
        try await store.rosterItem(contact, of: jid)
    }

    func countRosterItems(of jid: JID) async throws(StorageError) -> Int {
        try await store.countRosterItems(of: jid)
    }

    func changeRoster(_ changes: [RosterChange], of jid: JID) async throws(StorageError) -> Int64 {
        try await store.changeRoster(changes, of: jid)
    }

    func rosterChanges(of jid: JID, since version: Int64)
        async throws(StorageError) -> RosterHistory?
    {
        try await store.rosterChanges(of: jid, since: version)
    }

    func removeAll(of owner: Owner) async throws(StorageError) {
        try await store.removeAll(of: owner)
    }

    func removeExpiredDocuments(limit: Int) async throws(StorageError) -> Int {
        try await store.removeExpiredDocuments(limit: limit)
    }
}
