import CPlugin
import MartletCore
import MartletXML

/// The numbers of the ABI for what the server has names for.
extension Stanza {
    /// `MARTLET_MESSAGE` and so on; an element that is no stanza travels in one.
    var abiKind: UInt32 {
        // What a stream carries has a sender: nothing else is asked of it.
        if kind == .message, to == nil, from == nil, isNonza { return UInt32(MARTLET_NONZA) }
        return kind.abiKind
    }

    /// Whether it only carries an element that is no stanza, for a plugin to read.
    @inline(never)
    private var isNonza: Bool { element.name != "message" }

    /// An element that is no stanza, in a shape that plugins can read.
    static func carrying(_ nonza: Element) -> Stanza {
        Stanza(.message, type: .normal, to: nil, from: nil, id: nil, element: nonza)
    }
}

extension StanzaType {
    var abiType: UInt32 {
        switch self {
        case .available: UInt32(MARTLET_TYPE_NONE)
        case .get: UInt32(MARTLET_TYPE_GET)
        case .set: UInt32(MARTLET_TYPE_SET)
        case .result: UInt32(MARTLET_TYPE_RESULT)
        case .error: UInt32(MARTLET_TYPE_ERROR)
        case .normal: UInt32(MARTLET_TYPE_NORMAL)
        case .chat: UInt32(MARTLET_TYPE_CHAT)
        case .groupchat: UInt32(MARTLET_TYPE_GROUPCHAT)
        case .headline: UInt32(MARTLET_TYPE_HEADLINE)
        case .unavailable: UInt32(MARTLET_TYPE_UNAVAILABLE)
        case .subscribe: UInt32(MARTLET_TYPE_SUBSCRIBE)
        case .subscribed: UInt32(MARTLET_TYPE_SUBSCRIBED)
        case .unsubscribe: UInt32(MARTLET_TYPE_UNSUBSCRIBE)
        case .unsubscribed: UInt32(MARTLET_TYPE_UNSUBSCRIBED)
        case .probe: UInt32(MARTLET_TYPE_PROBE)
        }
    }

    /// The type that a number stands for, as a stanza of this kind has it.
    init?(abi number: UInt32, of kind: Stanza.Kind) {
        let all: [StanzaType] =
            switch kind {
            case .message: [.normal, .chat, .groupchat, .headline, .error]
            case .presence:
                [
                    .available, .unavailable, .subscribe, .subscribed, .unsubscribe, .unsubscribed,
                    .probe, .error,
                ]
            case .iq: [.get, .set, .result, .error]
            }
        // A message without a type is a normal one (RFC 6121 §5.2.2).
        if kind == .message, number == UInt32(MARTLET_TYPE_NONE) {
            self = .normal
            return
        }
        guard let type = all.first(where: { $0.abiType == number }) else { return nil }
        self = type
    }
}

extension Stanza.Kind {
    @inline(__always)
    var abiKind: UInt32 {
        switch self {
        case .message: UInt32(MARTLET_MESSAGE)
        case .presence: UInt32(MARTLET_PRESENCE)
        case .iq: UInt32(MARTLET_IQ)
        }
    }

    init?(abi number: UInt32) {
        switch Int(number) {
        case MARTLET_MESSAGE: self = .message
        case MARTLET_PRESENCE: self = .presence
        case MARTLET_IQ: self = .iq
        default: return nil
        }
    }
}

extension StanzaError {
    /// What a plugin says went wrong; a condition that is none is the plugin's fault, not the sender's.
    init(_ said: martlet_error) {
        guard let condition = Condition(rawValue: said.condition.string) else {
            self = .internalServerError
            return
        }
        self.init(condition, Kind(rawValue: said.type.string), said.text.text)
        application = said.extra.text.flatMap { try? Element.parse($0) }
    }

    /// Lends itself in the ABI's shape.
    func lend<R>(_ body: (martlet_error) -> R) -> R {
        condition.rawValue.lend { condition in
            kind.rawValue.lend { kind in
                (text ?? "").lend { text in
                    (application?.description ?? "").lend { extra in
                        body(
                            martlet_error(
                                condition: condition,
                                type: kind,
                                text: text,
                                extra: extra
                            )
                        )
                    }
                }
            }
        }
    }
}
