/// How the embedded database is run.
public struct SQLiteOptions: Hashable, Sendable {
    /// When a commit counts as done.
    public enum Durability: String, Sendable, CaseIterable {
        /// When the disk has it: an acknowledged write survives a loss of power.
        case full
        /// When the operating system has it: it survives the end of this process, but not of the
        /// machine, which may lose the last commits (never the order, never the database).
        case normal
    }

    public var durability = Durability.full
    /// How long a call waits for another process, `martlet user add` say, to end its transaction.
    public var lockTimeout: Duration = .seconds(5)
    /// Calls that may wait for each of the two threads; one more is `.unavailable`.
    public var queuedCalls = 20_000
    /// Bytes of values that may wait to be written; a call that passes it is `.unavailable`.
    public var queuedBytes = 64 << 20
    /// Bytes of the file that each of the two connections keeps in memory.
    public var cachedBytes = 32 << 20
    /// Entries of logs that may be on the disk without being in an index, all logs together.
    ///
    /// They are in memory, some 150 bytes each, and are read again after a crash; the more there are, the
    /// fewer pages an entry writes.
    public var unindexedEntries = 16_384
    /// The size at which the database is full, or nil to use all of the disk.
    public var byteLimit: Int64?
    /// Bytes up to which a database is searched for damage when it is opened.
    ///
    /// It takes about a second for each gigabyte, longer from a cold disk; ``SQLiteStore/check(path:)`` searches larger ones.
    public var checkedBytes: Int64 = 64 << 20

    public init() {}
}
