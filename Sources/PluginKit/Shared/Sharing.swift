import Synchronization

/// A value that never changes, kept once for all who have it.
public final class Shared<Value: Sendable>: Sendable {
    public let value: Value

    fileprivate init(_ value: Value) { self.value = value }
}

/// Has thousands of domains whose settings are the same share what is made of them.
///
///     private static let answers = Sharing<XML>()
///
/// It remembers the last value alone, since domains that differ are few.
public final class Sharing<Value: Equatable & Sendable>: Sendable {
    private let last = Mutex<Shared<Value>?>(nil)

    public init() {}

    /// The one that was given last, if it is equal to this.
    public func shared(_ value: Value) -> Shared<Value> {
        last.withLock { last in
            if let last, last.value == value { return last }
            let new = Shared(value)
            last = new
            return new
        }
    }
}
