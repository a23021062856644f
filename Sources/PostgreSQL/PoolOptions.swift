/// How a pool treats its database; each bound has one outcome.
public struct PoolOptions: Sendable {
    /// Connections at most.
    public var size = 4
    /// How long one host has to let us in; `connect_timeout` in the URI goes before.
    public var connectTimeout = Duration.seconds(5)
    /// How long a call waits for a connection before it fails with `unavailable`.
    public var waitTimeout = Duration.seconds(10)
    /// Calls that wait, at most; the next one fails with `busy`.
    public var queueBound = 10_000
    /// What the server allows one statement; zero is for ever.
    public var statementTimeout = Duration.seconds(15)
    /// How long the server lets a transaction wait for its next statement, with its locks; zero is for ever.
    ///
    /// It is what ends the locks of a process that was frozen, or cut off.
    public var idleTransactionTimeout = Duration.seconds(5)
    /// A connection that says nothing for so long while it owes an answer is given up; each statement of a
    /// round has an answer of its own.
    public var answerLimit = Duration.seconds(20)
    /// The pause after the first failed attempt to connect; each further one is twice as long.
    public var firstPause = Duration.milliseconds(100)
    public var longestPause = Duration.seconds(5)
    /// Whether statements are prepared by name; `prepare=off` in the URI goes before.
    public var prepares = true

    public init() {}

    /// What each session begins with: limits that hold when nobody is there to enforce ours.
    var sessionSettings: String {
        [
            "statement_timeout=\(milliseconds(statementTimeout))",
            "idle_in_transaction_session_timeout=\(milliseconds(idleTransactionTimeout))",
            "tcp_keepalives_idle=30", "tcp_keepalives_interval=10", "tcp_keepalives_count=3",
        ]
        .map { "-c \($0)" }.joined(separator: " ")
    }

    private func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return min(seconds, 2_000_000) * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
