import MartletCore
import MartletRouter

/// Which messages are kept for those who are away, and how many (XEP-0160 §3).
enum OfflinePolicy {
    private static let chatStates = "http://jabber.org/protocol/chatstates"

    /// Normal and chat messages are; a chat message that says only that somebody types is not.
    static func isStored(_ message: Stanza) -> Bool {
        switch message.type {
        case .normal: true
        case .chat:
            message.element.children.contains { child in
                !child.isIn(chatStates) && !child.isNamed("thread", in: Namespace.client)
            }
        default: false
        }
    }

    static func admits(bytes: Int, besides count: Int, _ stored: Int, limits: DomainLimits) -> Bool
    {
        count < limits.offlineMessages && stored + bytes <= limits.offlineBytes
    }
}
