public import MartletCore

/// Counts failed logins by address, by account and by both, and slows them down.
///
/// Pure bookkeeping: the caller says what time it is, on any clock that never goes back. Addresses are
/// texts of the caller's choosing; for IPv6, the /64 that one customer holds. Attempts that are under
/// way at once are all judged by the failures before them, so limits hold up to the number of
/// connections that an address may have.
public struct LoginThrottle: Sendable {
    public let policy: ThrottlePolicy
    private var pairs: RecentTable<Pair>
    private var addresses: RecentTable<String>
    private var accounts: RecentTable<AccountKey>
    private var familiar: RecentTable<Pair>

    private struct Pair: Hashable {
        let address: String
        let account: AccountKey
    }

    public init(_ policy: ThrottlePolicy = ThrottlePolicy()) {
        self.policy = policy
        let limit = policy.entryLimit
        pairs = RecentTable(
            max(policy.addressWindow, policy.pairWindow),
            max(policy.failuresPerAddress, policy.failuresPerPair),
            entryLimit: limit
        )
        addresses = RecentTable(policy.addressWindow, policy.failuresPerAddress, entryLimit: limit)
        accounts = RecentTable(policy.accountWindow, policy.failuresPerAccount, entryLimit: limit)
        familiar = RecentTable(policy.familiarity, 1, entryLimit: limit)
    }

    /// Judges an attempt before its password is looked at.
    ///
    /// A familiar address is not held to what others do behind it or to the account elsewhere, only to
    /// its own failures with this account.
    public func judge(address: String, account: JID, now: Duration) -> ThrottleVerdict {
        let pair = Pair(address: address, account: AccountKey(account))
        let failures = pairs.count(pair, now, within: policy.pairWindow)
        guard failures < policy.failuresPerPair,
            pairs.count(pair, now, within: policy.addressWindow) < policy.failuresPerAddress
        else { return .refuse }
        var delay = pairDelay(failures)
        if familiar.count(pair, now) == 0 {
            guard addresses.count(address, now) < policy.failuresPerAddress else { return .refuse }
            if accounts.count(pair.account, now) >= policy.failuresPerAccount {
                delay = max(delay, policy.accountDelay)
            }
        }
        return .allow(delay: delay)
    }

    /// Notes a wrong password, or an account that does not exist.
    public mutating func noteFailure(address: String, account: JID, now: Duration) {
        let pair = Pair(address: address, account: AccountKey(account))
        pairs.note(pair, now)
        addresses.note(address, now)
        accounts.note(pair.account, now)
    }

    /// Notes a login: the account's failures from this address are forgiven, and it is familiar now.
    ///
    /// The address's own count stays, or whoever has one account could try all others.
    public mutating func noteSuccess(address: String, account: JID, now: Duration) {
        let pair = Pair(address: address, account: AccountKey(account))
        pairs.forget(pair)
        familiar.note(pair, now)
    }

    /// The entries that are held, in all tables.
    public var entryCount: Int {
        pairs.entryCount + addresses.entryCount + accounts.entryCount + familiar.entryCount
    }

    private func pairDelay(_ failures: Int) -> Duration {
        guard failures > 1 else { return .zero }
        return min(policy.firstDelay * (1 << min(failures - 2, 16)), policy.longestDelay)
    }
}
