/// How the database server is used.
public struct PostgreSQLOptions: Sendable {
    /// Connections at most, for all domains together: one writes, the others read; two at least.
    public var connections = 4
    /// How long opening waits for a database that is not there yet, as when both start at once.
    public var startTimeout: Duration = .seconds(60)
    /// How long a call waits for a database that is away before it is `.unavailable`; half as long again, if
    /// others waited before it.
    public var waitTimeout: Duration = .seconds(10)
    /// Writes that may wait; one more is `.unavailable`.
    public var queuedCalls = 20_000
    /// Bytes of values that may wait to be written; a call that passes it is `.unavailable`.
    public var queuedBytes = 64 << 20
    /// Reads that may wait for a connection; one more is `.unavailable`.
    public var queuedReads = 10_000

    public init() {}
}
