public import MartletCore

/// Everything that outlives the process, of all domains (one store serves the whole server).
///
/// What holds for every call:
/// - A write returns after its commit: whoever is told of it can rely on it.
/// - A call happens whole or not at all, also when it throws. `.unavailable` alone can leave a caller
///   in doubt: a database that goes away may have committed first.
/// - Calls of one task take place in its order; of several tasks, in some order.
/// - Texts are compared and ordered byte by byte. The same localpart in two domains is two accounts.
/// - It never blocks its caller's thread, which may be a shard's.
public protocol Store: AccountStore, RosterStore, DocumentStore, Inventory {
    /// An account's roster, and how much is in one of its logs: what a login asks, in one call.
    ///
    /// `done` is told once, later and on any thread, which it must not hold up.
    func readRoster(
        of jid: JID,
        sizing collection: String,
        then done: @escaping @Sendable (Result<(Roster, LogSize), StorageError>) -> Void
    )

    /// What an operator may read of it, in the order in which it is shown.
    var figures: [StoreFigure] { get }

    /// Lets the calls under way finish, and frees what the store holds; later ones are `.unavailable`.
    func close() async
}

/// Who may log in.
public protocol AccountStore: Sendable {
    func account(_ jid: JID) async throws(StorageError) -> Account?

    /// The same for who does not wait: `done` is told once, later and on any thread, which it must not
    /// hold up.
    func account(
        _ jid: JID,
        then done: @escaping @Sendable (Result<Account?, StorageError>) -> Void
    )

    /// Makes an account that owns nothing: what a predecessor of the same name may have left is gone.
    ///
    /// - Throws: `.conflict` when it exists.
    func createAccount(_ account: Account) async throws(StorageError)

    /// Replaces all verifiers. Throws `.notFound` when there is no such account.
    func setVerifiers(_ verifiers: [String: String], of jid: JID) async throws(StorageError)

    /// Replaces all verifiers if they are still the `old` ones.
    ///
    /// - Throws: `.conflict` when they are others, `.notFound` when there is no such account.
    func replaceVerifiers(
        _ old: [String: String],
        with new: [String: String],
        of jid: JID
    ) async throws(StorageError)

    /// Forbids or allows to log in. Throws `.notFound` when there is no such account.
    func setDisabled(_ isDisabled: Bool, of jid: JID) async throws(StorageError)

    /// Removes the account with its roster, its documents and its logs: all of ``Owner/init(_:)``.
    ///
    /// - Throws: `.notFound` when there is no such account; then nothing is removed.
    func removeAccount(_ jid: JID) async throws(StorageError)

    /// Accounts in the order of their localparts, from the first behind `after`.
    func accounts(in domain: String, after localpart: String?, limit: Int)
        async throws(StorageError) -> [Account]

    func countAccounts(in domain: String) async throws(StorageError) -> Int
}

/// The contacts of users (RFC 6121 §2), whose accounts need not be in the store.
public protocol RosterStore: Sendable {
    /// An empty roster of version zero when nothing was ever written.
    func roster(of jid: JID) async throws(StorageError) -> Roster

    func rosterItem(_ contact: JID, of jid: JID) async throws(StorageError) -> RosterItem?

    func countRosterItems(of jid: JID) async throws(StorageError) -> Int

    /// Makes all changes in one step, in their order, each with a version of its own.
    ///
    /// - Returns: the version of the roster after the last one.
    @discardableResult
    func changeRoster(_ changes: [RosterChange], of jid: JID) async throws(StorageError) -> Int64

    /// What changed since a version, each contact at most once, or nil when that is not known (any
    /// more) and the caller has to send the whole roster.
    func rosterChanges(of jid: JID, since version: Int64)
        async throws(StorageError) -> RosterHistory?
}

/// Documents and logs, whose meaning only their writers know.
public protocol DocumentStore: Sendable {
    /// Does all operations or none, in their order; reads among them see one moment.
    ///
    /// - Returns: an outcome for each operation, of the kind that the operation names.
    /// - Throws: `.conflict` when a condition does not hold or an id is not above those before it.
    @discardableResult
    func perform(_ operations: [Operation], of owner: Owner)
        async throws(StorageError) -> [Outcome]

    /// The same for who does not wait: `done` is told what came of it once, later and on any thread, which
    /// it must not hold up.
    ///
    /// What one thread has written so is written in the order in which it asked, though it waited for
    /// none of it: messages that come one after the other are archived one after the other.
    func perform(
        _ operations: [Operation],
        of owner: Owner,
        then done: @escaping @Sendable (Result<[Outcome], StorageError>) -> Void
    )

    /// Removes all documents and logs of an owner, and the roster of an account.
    func removeAll(of owner: Owner) async throws(StorageError)

    /// Frees the space of documents that have expired, at most so many, and says how many it were.
    func removeExpiredDocuments(limit: Int) async throws(StorageError) -> Int
}
