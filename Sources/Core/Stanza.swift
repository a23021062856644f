internal import Glibc
public import MartletXML

/// A message, presence or iq: the unit that is routed (RFC 6120 §8).
///
/// Immutable and shared. What routing reads and rewrites (`to`, `from`, `id`, `type`, language) stands
/// in fields; everything else stays in the bytes of `element`, whose own start tag the fields replace
/// when the stanza is written. Readdressing a stanza therefore copies six words and shares the body.
public final class Stanza: Sendable {
    public enum Kind: UInt8, Sendable { case message, presence, iq }

    public let kind: Kind
    public let type: StanzaType
    public let to: JID?
    public let from: JID?
    public let id: String?
    /// The `xml:lang` of the stanza, or of its stream where it has none (RFC 6120 §8.1.5).
    public let language: String?
    /// The stanza as it was read or built: its payload, and the attributes that are not ours.
    public let element: Element

    public init(
        _ kind: Kind,
        type: StanzaType,
        to: JID?,
        from: JID?,
        id: String?,
        language: String? = nil,
        element: Element
    ) {
        self.kind = kind
        self.type = type
        self.to = to
        self.from = from
        self.id = id
        self.language = language
        self.element = element
    }

    /// Builds a stanza of our own, payload and all.
    public convenience init(
        _ kind: Kind,
        type: StanzaType,
        to: JID?,
        from: JID? = nil,
        id: String? = nil,
        _ content: (inout ElementWriter) -> Void = { _ in }
    ) {
        // The element has the type too, since matches look there.
        let text = type.isImplied ? nil : type.rawValue
        let element = Element(kind.name, ["type": text], content)
        self.init(kind, type: type, to: to, from: from, id: id, element: element)
    }

    /// The same stanza with other addresses.
    public func addressed(to: JID?, from: JID?) -> Stanza {
        Stanza(
            kind,
            type: type,
            to: to,
            from: from,
            id: id,
            language: language,
            element: element
        )
    }

    /// The same addresses, kind and id around another payload.
    public func with(element: Element) -> Stanza {
        Stanza(
            kind,
            type: type,
            to: to,
            from: from,
            id: id,
            language: language,
            element: element
        )
    }

    /// The first child, which tells an iq's purpose (RFC 6120 §8.2.3).
    public var payload: Element? { element.firstChild }

    public func child(_ name: String, in namespace: String) -> Element? {
        element.child(name, in: namespace)
    }

    /// Whether its `from` is this very address, and so stamped already.
    package func isFrom(_ address: JID) -> Bool {
        from.map { $0.isIdentical(to: address) } ?? false
    }

    public var isError: Bool { type == .error }
    /// An iq that must be answered exactly once.
    public var isRequest: Bool { type == .get || type == .set }
}

/// The value of a stanza's `type`, over all three kinds (RFC 6120 §8.2.3, RFC 6121 §4.7.1 and §5.2.2).
public enum StanzaType: String, Sendable {
    case get, set, result
    case normal, chat, groupchat, headline
    /// A presence without a type.
    case available
    case unavailable, subscribe, subscribed, unsubscribe, unsubscribed, probe
    case error

    /// Reads the attribute, in UTF-8, as a stanza of this kind means it; nil where it has no meaning.
    ///
    /// A message of unknown type is a normal one (RFC 6121 §5.2.2).
    public init?(utf8 text: UnsafeRawBufferPointer?, of kind: Stanza.Kind) {
        switch kind {
        case .message: self = text.flatMap(Self.init(message:)) ?? .normal
        case .presence:
            guard let text else {
                self = .available
                return
            }
            guard let type = Self(presence: text) else { return nil }
            self = type
        case .iq:
            guard let type = text.flatMap(Self.init(iq:)) else { return nil }
            self = type
        }
    }

    private init?(message text: UnsafeRawBufferPointer) {
        switch text {
        case "chat": self = .chat
        case "groupchat": self = .groupchat
        case "headline": self = .headline
        case "error": self = .error
        default: return nil
        }
    }

    private init?(presence text: UnsafeRawBufferPointer) {
        switch text {
        case "unavailable": self = .unavailable
        case "subscribe": self = .subscribe
        case "subscribed": self = .subscribed
        case "unsubscribe": self = .unsubscribe
        case "unsubscribed": self = .unsubscribed
        case "probe": self = .probe
        case "error": self = .error
        default: return nil
        }
    }

    private init?(iq text: UnsafeRawBufferPointer) {
        switch text {
        case "get": self = .get
        case "set": self = .set
        case "result": self = .result
        case "error": self = .error
        default: return nil
        }
    }

    /// Whether the attribute is left out, being the kind's default.
    var isImplied: Bool { self == .normal || self == .available }

    /// Whether it manages subscriptions (RFC 6121 §3).
    public var isSubscription: Bool {
        switch self {
        case .subscribe, .subscribed, .unsubscribe, .unsubscribed: true
        default: false
        }
    }
}

/// Has a `switch` over bytes compare them with literals: no text is made.
private func ~= (literal: StaticString, bytes: UnsafeRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress, bytes.count == literal.utf8CodeUnitCount else {
        return bytes.count == literal.utf8CodeUnitCount
    }
    return memcmp(start, literal.utf8Start, bytes.count) == 0
}
