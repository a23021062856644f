import MartletPluginKit

/// What a message says of where it is archived (XEP-0359).
enum StanzaIDs {
    static let namespace = "urn:xmpp:sid:0"

    /// The ids in the name of an account, however its address is written.
    static func all(by account: JID, in message: Stanza) -> [Node] {
        message.root.children("stanza-id", in: namespace).filter {
            guard let by = $0["by"] else { return false }
            return by == account.description || JID(by) == account
        }
    }
}
