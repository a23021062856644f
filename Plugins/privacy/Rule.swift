import MartletPluginKit

/// What passes, in the words of a rule's children (XEP-0016 §2.1).
enum Passage: String, Codable, Sendable {
    case message
    case iq
    case presenceIn = "presence-in"
    case presenceOut = "presence-out"
    /// Anything else: subscriptions, and what a user sends that is no presence. Only rules about all
    /// stanzas are about it.
    case other

    static func arriving(_ stanza: Stanza) -> Passage {
        switch stanza.kind {
        case .message: .message
        case .iq: .iq
        case .presence, .nonza: stanza.isNotification ? .presenceIn : .other
        }
    }

    static func departing(_ stanza: Stanza) -> Passage {
        stanza.kind == .presence && stanza.isNotification ? .presenceOut : .other
    }
}

extension Stanza {
    fileprivate var isNotification: Bool { type == .none || type == .unavailable }
}

/// One item of a list (XEP-0016 §2.1).
struct Rule: Codable, Sendable {
    enum Subject: Codable, Sendable {
        case everybody
        case address(String)
        case group(String)
        case subscription(String)
    }

    var subject: Subject
    var isAllowed: Bool
    var order: UInt32
    /// Empty: all.
    var passages: [Passage]

    init(_ subject: Subject, isAllowed: Bool, order: UInt32, _ passages: [Passage] = []) {
        self.subject = subject
        self.isAllowed = isAllowed
        self.order = order
        self.passages = passages
    }

    /// - Throws: `bad-request` or `jid-malformed` for what is no item.
    init(_ item: Node) throws(StanzaError) {
        guard let action = item["action"], action == "allow" || action == "deny",
            let order = item["order"].flatMap({ UInt32($0) })
        else { throw .badRequest }
        isAllowed = action == "allow"
        self.order = order
        subject = try Self.subject(item["type"], item["value"])
        passages = []
        for child in item.children() {
            guard let passage = Passage(rawValue: child.name), passage != .other,
                child.namespace == Privacy.namespace
            else { throw .badRequest }
            passages.append(passage)
        }
    }

    private static func subject(_ type: String?, _ value: String?) throws(StanzaError) -> Subject {
        guard let type else { return .everybody }
        guard let value, !value.isEmpty else { throw .badRequest }
        switch type {
        case "jid":
            guard let address = JID(value) else { throw .jidMalformed }
            return .address(address.description)
        case "group": return .group(value)
        case "subscription":
            guard ["both", "to", "from", "none"].contains(value) else { throw .badRequest }
            return .subscription(value)
        default: throw .badRequest
        }
    }

    func concerns(_ passage: Passage, _ other: JID, _ contact: Contact?) -> Bool {
        guard passages.isEmpty || passages.contains(passage) else { return false }
        switch subject {
        case .everybody: return true
        case .group(let name): return contact?.groups.contains(name) == true
        case .subscription(let state): return (contact?.subscription ?? "none") == state
        case .address(let text):
            return text == other.description || text == other.bare.description
                || text == other.domainpart
                || other.resourcepart.map { text == "\(other.domainpart)/\($0)" } == true
        }
    }

    func write(to xml: inout XML) {
        let (type, value): (String?, String?) =
            switch subject {
            case .everybody: (nil, nil)
            case .address(let text): ("jid", text)
            case .group(let name): ("group", name)
            case .subscription(let state): ("subscription", state)
            }
        let action = isAllowed ? "allow" : "deny"
        xml.element(
            "item",
            ["type": type, "value": value, "action": action, "order": String(order)]
        ) { item in
            for passage in passages { item.element(passage.rawValue) }
        }
    }
}

/// What the roster says of somebody.
struct Contact: Sendable {
    var subscription: String
    var groups: [String]

    var seesUser: Bool { subscription == "from" || subscription == "both" }

    init(_ item: Node) {
        subscription = item["subscription"] ?? "none"
        groups = item.children("group", in: "jabber:iq:roster").map(\.text)
    }
}
