/// Who sends to whom, between servers: what a stream is authorised for (XEP-0220 §1).
///
/// Both are domains alone.
public struct DomainPair: Hashable, Sendable {
    public let sender: JID
    public let target: JID

    public init(sender: JID, target: JID) {
        self.sender = sender.domain
        self.target = target.domain
    }

    /// The way back.
    public var reversed: DomainPair { DomainPair(sender: target, target: sender) }
}

extension DomainPair: CustomStringConvertible {
    public var description: String { "\(sender) → \(target)" }
}
