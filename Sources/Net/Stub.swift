public final class Shard: SerialExecutor, @unchecked Sendable {
    public init(index: Int) { self.index = index }
    public let index: Int
    public func enqueue(_ job: consuming ExecutorJob) { fatalError() }
    public var isCurrent: Bool { fatalError() }
    public func submit(_ work: @escaping @Sendable () -> Void) { fatalError() }
    public struct TimerID: Hashable, Sendable { }
    public func schedule(after: Duration, _ body: @escaping () -> Void) -> TimerID { fatalError() }
    public func cancel(_ id: TimerID) { fatalError() }
}
