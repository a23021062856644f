import MartletPluginKit

/// What of a message decides whether it is copied (XEP-0280 §6.1).
struct Eligibility {
    enum Direction { case sent, received }

    private var isPrivate = false
    private var hasBody = false
    /// It carries receipts (XEP-0184), chat states (XEP-0085) or markers (XEP-0333).
    private var isInstant = false
    private var isInvitation = false
    /// It says that it comes from, or goes to, an occupant of a room (XEP-0045 §7.5).
    private var concernsOccupant = false

    private init(_ message: Stanza) {
        for child in message.children { look(at: child) }
    }

    private mutating func look(at child: Node) {
        let name = child.name
        switch child.namespace {
        case "jabber:client": hasBody = hasBody || name == "body"
        case Carbons.namespace: isPrivate = isPrivate || name == "private"
        case "urn:xmpp:hints": isPrivate = isPrivate || name == "no-copy"
        case "urn:xmpp:receipts", "http://jabber.org/protocol/chatstates",
            "urn:xmpp:chat-markers:0":
            isInstant = true
        // XEP-0249.
        case "jabber:x:conference": isInvitation = isInvitation || name == "x"
        case Self.occupants where name == "x":
            concernsOccupant = true
            // XEP-0045 §7.8.2.
            if child.child("invite", in: Self.occupants) != nil { isInvitation = true }
        default: break
        }
    }

    private static let occupants = "http://jabber.org/protocol/muc#user"

    /// Whether a message is copied to the other clients of the account whose `home` it is.
    static func admits(_ message: Stanza, _ direction: Direction, at home: CarbonHome) -> Bool {
        let type = message.type
        guard type != .groupchat else { return false }
        let traits = Eligibility(message)
        guard !traits.isPrivate else { return false }
        if type == .error {
            guard let id = message.id, let peer = direction == .sent ? message.to : message.from
            else { return false }
            return home.remembers(id, with: peer)
        }
        if traits.isInvitation { return true }
        // The room sends these to every client that has joined it.
        if direction == .received, traits.concernsOccupant, message.from?.isBare == false {
            return false
        }
        return type == .chat || traits.isInstant || type == .normal && traits.hasBody
    }
}
