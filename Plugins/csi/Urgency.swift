import MartletPluginKit

/// How soon an inactive client must be sent a stanza.
enum Urgency {
    case now
    /// Some time; of those with one key, the latest will do.
    case later(key: String?)
    /// Never.
    case none

    init(of stanza: Stanza, _ settings: ClientStateSettings) {
        switch stanza.kind {
        case .presence: self = Self.ofPresence(stanza, settings)
        case .message: self = Self.ofMessage(stanza, settings)
        default: self = .now
        }
    }

    /// Only what presence says of availability can wait: requests and errors are for a person.
    private static func ofPresence(_ stanza: Stanza, _ settings: ClientStateSettings) -> Urgency {
        guard settings.holdPresence, stanza.type == .none || stanza.type == .unavailable,
            let from = stanza.from, !isOfOneself(stanza)
        else { return .now }
        return .later(key: "presence \(from)")
    }

    /// What a room says of the client's own occupant: that it was joined, or left (XEP-0045 §7.2.2).
    private static func isOfOneself(_ presence: Stanza) -> Bool {
        let occupants = "http://jabber.org/protocol/muc#user"
        return presence.child("x", in: occupants)?.children("status", in: occupants)
            .contains { $0["code"] == "110" } ?? false
    }

    private static func ofMessage(_ stanza: Stanza, _ settings: ClientStateSettings) -> Urgency {
        guard stanza.type != .error else { return .now }
        if settings.dropChatStates, isChatState(stanza.root) { return .none }
        if settings.holdEvents, stanza.type == .headline,
            stanza.child("event", in: "http://jabber.org/protocol/pubsub#event") != nil
        {
            // Each may be about another item.
            return .later(key: nil)
        }
        return .now
    }

    /// Whether it says that somebody types or stops, and nothing else; or is a copy of such a message
    /// (XEP-0280).
    private static func isChatState(_ message: Node) -> Bool {
        var says = false
        for child in message.children() {
            switch child.namespace {
            case "http://jabber.org/protocol/chatstates": says = true
            case "urn:xmpp:hints", "urn:xmpp:sid:0": break
            case "jabber:client" where child.name == "thread": break
            case "urn:xmpp:carbons:2":
                guard
                    let copied = child.child("forwarded", in: "urn:xmpp:forward:0")?
                        .child("message"),
                    isChatState(copied)
                else { return false }
                says = true
            default: return false
            }
        }
        return says
    }
}
