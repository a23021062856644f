import Glibc

/// What the operating system refused; the operator's business, not a peer's.
public struct NetError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done: `listen on [::]:5222`.
    public let action: String
    /// The system's own code (`errno`), or zero.
    public let code: Int32
    public let reason: String

    init(_ action: String, code: Int32) {
        self.action = action
        self.code = code
        reason = String(cString: strerror(code))
    }

    init(_ action: String, reason: String) {
        self.action = action
        code = 0
        self.reason = reason
    }

    public var description: String { "cannot \(action): \(reason)" }
}
