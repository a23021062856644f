/// How many failed logins are borne, and how they slow the next ones down.
public struct ThrottlePolicy: Hashable, Sendable {
    /// Failures of one account from one address, after which that address waits.
    public var failuresPerPair = 5
    public var pairWindow = Duration.seconds(60)
    /// Failures from one address, whatever the accounts, after which it waits.
    public var failuresPerAddress = 20
    public var addressWindow = Duration.seconds(3600)
    /// Failures of one account from everywhere, after which addresses that it has not logged in from
    /// of late are slowed down, though never refused: else anybody could lock a user out.
    public var failuresPerAccount = 20
    public var accountWindow = Duration.seconds(3600)
    public var accountDelay = Duration.seconds(2)
    /// What the second failure of a pair costs the third try; each further one doubles it.
    public var firstDelay = Duration.milliseconds(500)
    public var longestDelay = Duration.seconds(8)
    /// How long an address stays familiar to an account after a login.
    public var familiarity = Duration.seconds(86_400)
    /// The entries of each table; the oldest go first.
    public var entryLimit = 20_000

    public init() {}
}

/// What becomes of an attempt to log in.
public enum ThrottleVerdict: Hashable, Sendable {
    /// Go on, but let the answer wait for this long; zero for most.
    case allow(delay: Duration)
    /// Answer `temporary-auth-failure` without looking at the password.
    case refuse
}
