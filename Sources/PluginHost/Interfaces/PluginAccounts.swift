public import MartletCore

/// What plugins may do with accounts; the server answers.
public protocol PluginAccounts: Sendable {
    func exists(_ account: JID) async throws -> Bool
    /// Costs the same for accounts that are not there; `peer` is who tries, for the throttle.
    ///
    /// - Throws: `PluginAccountFault.tooMany` when there were too many failures.
    func checkPassword(_ password: String, of account: JID, from peer: String) async throws -> Bool
    func create(_ account: JID, password: String) async throws
    /// Ends the account's streams, but for one session's.
    func setPassword(_ password: String, of account: JID, keeping session: UInt64) async throws
    /// Removes the account, what it has in the store, and its streams; that of one session, if it is
    /// not zero, a moment later, so that it can be told.
    func remove(_ account: JID, lastSession: UInt64) async throws
}

/// Why a wish of a plugin's concerning accounts was not fulfilled.
public enum PluginAccountFault: Error, Sendable {
    case notFound, exists, badPassword, tooMany
}
