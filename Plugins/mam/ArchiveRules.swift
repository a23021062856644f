import MartletPluginKit

/// Which messages belong into a user's archive (XEP-0313 §6.1.1).
enum ArchiveRules {
    /// What is said in conversations: by its body, by what stands for one, or because the sender asks for
    /// it (XEP-0334 §4.4); but not what the sender wants kept nowhere (XEP-0334 §4.1, §4.2).
    static func admits(_ message: Stanza) -> Bool {
        let type = message.type
        guard type == .chat || type == .normal || type == .headline else { return false }
        var (says, isAskedFor) = (false, false)
        for child in message.children {
            let name = child.name
            switch child.namespace {
            case "urn:xmpp:hints":
                switch name {
                case "no-store", "no-permanent-store": return false
                case "store": isAskedFor = true
                default: break
                }
            case let namespace: says = says || isSpeech(child, name, namespace)
            }
        }
        // News is kept only for those who ask for it.
        return isAskedFor || says && type != .headline
    }

    private static func isSpeech(_ child: Node, _ name: String, _ namespace: String) -> Bool {
        switch (namespace, name) {
        case ("jabber:client", "body"),
            // Encrypted (XEP-0380), with a body or without.
            ("urn:xmpp:eme:0", "encryption"),
            // That something was received or read (XEP-0184, XEP-0333).
            ("urn:xmpp:receipts", "received"), ("urn:xmpp:chat-markers:0", "received"),
            ("urn:xmpp:chat-markers:0", "displayed"), ("urn:xmpp:chat-markers:0", "acknowledged"),
            // What is said of other messages (XEP-0444, XEP-0424).
            ("urn:xmpp:reactions:0", "reactions"), ("urn:xmpp:message-retract:1", "retract"),
            // Invitations (XEP-0249).
            ("jabber:x:conference", "x"):
            true
        case (let occupants, "x") where occupants == "http://jabber.org/protocol/muc#user":
            // XEP-0045 §7.8.2.
            child.child("invite", in: occupants) != nil
        default: false
        }
    }
}
