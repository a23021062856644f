import MartletPluginKit

/// What of a message tells whether it belongs into a user's archive (XEP-0313 §6.1.1), and what is to be
/// done about it: all of it from one look at its children.
struct ArchiveRules {
    /// Something in it says, or stands for, something that people say.
    private var says = false
    /// The sender asks for it to be kept (XEP-0334 §4.4).
    private var isAskedFor = false
    /// The sender wants it kept nowhere (XEP-0334 §4.1, §4.2).
    private var isForbidden = false
    /// It tells ids of archives, whosever they are (XEP-0359).
    private(set) var hasIDs = false
    /// It says that somebody had it wait (XEP-0203), whoever that was.
    private(set) var isDelayed = false
    private let type: Stanza.StanzaType

    init(_ message: Stanza) {
        type = message.type
        message.forEachChild { see($0) }
    }

    /// Whether it is what is said in conversations, by its body or by what stands for one, or because the
    /// sender asks for it; but not what the sender wants kept nowhere.
    static func admits(_ message: Stanza) -> Bool { ArchiveRules(message).admits }

    var admits: Bool {
        guard type == .chat || type == .normal || type == .headline, !isForbidden else {
            return false
        }
        // News is kept only for those who ask for it.
        return isAskedFor || says && type != .headline
    }

    private mutating func see(_ child: borrowing Stanza.Child) {
        if child.isIn("jabber:client") {
            says = says || child.isNamed("body")
        } else if child.isIn("urn:xmpp:sid:0") {
            hasIDs = hasIDs || child.isNamed("stanza-id")
        } else if child.isIn("urn:xmpp:delay") {
            isDelayed = true
        } else if child.isIn("urn:xmpp:hints") {
            isForbidden =
                isForbidden || child.isNamed("no-store") || child.isNamed("no-permanent-store")
            isAskedFor = isAskedFor || child.isNamed("store")
        } else {
            says = says || Self.isSpeech(child)
        }
    }

    private static func isSpeech(_ child: borrowing Stanza.Child) -> Bool {
        // Encrypted (XEP-0380), with a body or without.
        if child.isIn("urn:xmpp:eme:0") { return child.isNamed("encryption") }
        // That something was received or read (XEP-0184, XEP-0333).
        if child.isIn("urn:xmpp:receipts") { return child.isNamed("received") }
        if child.isIn("urn:xmpp:chat-markers:0") {
            return child.isNamed("received") || child.isNamed("displayed")
                || child.isNamed("acknowledged")
        }
        // What is said of other messages (XEP-0444, XEP-0424).
        if child.isIn("urn:xmpp:reactions:0") { return child.isNamed("reactions") }
        if child.isIn("urn:xmpp:message-retract:1") { return child.isNamed("retract") }
        // Invitations (XEP-0249; XEP-0045 §7.8.2).
        if child.isIn("jabber:x:conference") { return child.isNamed("x") }
        let occupants = "http://jabber.org/protocol/muc#user"
        return child.isIn("http://jabber.org/protocol/muc#user") && child.isNamed("x")
            && child.node.child("invite", in: occupants) != nil
    }
}
