import CPlugin

/// A message, presence or iq: immutable, shared, and good for as long as somebody has it.
public struct Stanza: Sendable {
    public enum Kind: Sendable { case message, presence, iq, nonza }

    /// The value of `type` (RFC 6120 §8.2.3, RFC 6121 §4.7.1 and §5.2.2).
    public enum StanzaType: Sendable {
        case none, get, set, result, error
        case normal, chat, groupchat, headline
        case unavailable, subscribe, subscribed, unsubscribe, unsubscribed, probe
    }

    private let box: StanzaBox

    var handle: OpaquePointer { box.handle }

    /// Takes over a stanza that the host counted for us.
    init(owning handle: OpaquePointer) { box = StanzaBox(handle) }

    /// Counts one that the host lends.
    init(retaining handle: OpaquePointer) {
        box = StanzaBox(Core.functions.pointee.retain?(handle) ?? handle)
    }

    var head: martlet_head {
        var head = martlet_head()
        head.size = UInt32(MemoryLayout<martlet_head>.size)
        Core.functions.pointee.head?(handle, &head)
        return head
    }

    public var kind: Kind { Kind(head.kind) }
    public var type: StanzaType { StanzaType(head.type) }
    public var to: JID? { JID(prepared: head.to) }
    public var from: JID? { JID(prepared: head.from) }
    public var id: String? { fetchText { Core.functions.pointee.id?(handle, $0, $1) } }
    public var language: String? { fetchText { Core.functions.pointee.language?(handle, $0, $1) } }

    public var isError: Bool { type == .error }
    /// An iq that must be answered.
    public var isRequest: Bool { type == .get || type == .set }

    /// The stanza's element.
    public var root: Node {
        Node(
            Core.functions.pointee.root?(handle) ?? martlet_node(stanza: handle, index: 0),
            of: self
        )
    }

    /// The first child, which tells an iq's purpose.
    public var payload: Node? { root.child() }

    /// The first child of a name; its namespace is the stream's own by default.
    public func child(_ name: String, in namespace: String = "jabber:client") -> Node? {
        root.child(name, in: namespace)
    }

    public var children: Node.Children { root.children() }

    /// How many bytes it has when it is written.
    public var byteCount: Int { Int(max(Core.functions.pointee.write?(handle, nil, 0) ?? 0, 0)) }

    /// The stanza as it would be written, with its namespace declared.
    public var xml: XML {
        XML(trusting: fetchText { Core.functions.pointee.write?(handle, $0, $1) } ?? "")
    }
}

/// A count of a stanza.
///
/// Unchecked: the host's stanzas never change and are counted from any thread.
private final class StanzaBox: @unchecked Sendable {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { Core.functions.pointee.release?(handle) }
}

// MARK: Making them

extension Stanza {
    /// Makes a stanza; nil when something in it is not what it has to be.
    public init?(
        _ kind: Kind,
        type: StanzaType = .none,
        to: JID?,
        from: JID? = nil,
        id: String? = nil,
        language: String? = nil,
        _ payload: XML = XML()
    ) {
        let texts = [
            to?.description ?? "", from?.description ?? "", id ?? "", language ?? "", payload.text,
        ]
        let made = texts.lendAll { texts in
            var draft = martlet_draft()
            draft.size = UInt32(MemoryLayout<martlet_draft>.size)
            draft.kind = kind.number
            draft.type = type.number
            draft.to = texts[0]
            draft.from = texts[1]
            draft.id = texts[2]
            draft.language = texts[3]
            draft.payload = texts[4]
            return Core.functions.pointee.make?(&draft)
        }
        guard let made else { return nil }
        self.init(owning: made)
    }

    /// Reads a whole stanza, such as one that was stored.
    public init?(parsing xml: XML) {
        let parsed = xml.text.lend { Core.functions.pointee.parse?($0) }
        guard let parsed else { return nil }
        self.init(owning: parsed)
    }

    /// The stanza returned to its sender with an error, or nil where RFC 6120 §8.3.1 forbids one.
    ///
    /// For those who send it themselves; a handler throws the error instead.
    public func refused(_ error: StanzaError) -> Stanza? {
        guard type != .error, type != .result, kind != .nonza else { return nil }
        var content = XML()
        if kind == .iq, let payload { content.append(payload) }
        content.append(error.xml)
        return Stanza(kind, type: .error, to: from, from: to, id: id, content)
    }

    /// A change of a field: kept as it is, or set (to nil: removed).
    public enum Field<Value: Sendable>: Sendable {
        case kept
        case set(Value?)
    }

    /// A copy with some things different; nil when something is not what it has to be.
    public func edited(
        to: Field<JID> = .kept,
        from: Field<JID> = .kept,
        id: Field<String> = .kept,
        removing removed: [Node] = [],
        appending appended: XML = XML()
    ) -> Stanza? {
        var edit = martlet_edit()
        edit.size = UInt32(MemoryLayout<martlet_edit>.size)
        var texts = ["", "", "", appended.text]
        if case .set(let value) = to {
            edit.fields |= UInt32(MARTLET_EDIT_TO)
            texts[0] = value?.description ?? ""
        }
        if case .set(let value) = from {
            edit.fields |= UInt32(MARTLET_EDIT_FROM)
            texts[1] = value?.description ?? ""
        }
        if case .set(let value) = id {
            edit.fields |= UInt32(MARTLET_EDIT_ID)
            texts[2] = value ?? ""
        }
        let made = texts.lendAll { texts in
            edit.to = texts[0]
            edit.from = texts[1]
            edit.id = texts[2]
            edit.append = texts[3]
            return removed.map(\.raw).withUnsafeBufferPointer { nodes in
                edit.remove = nodes.baseAddress
                edit.remove_count = nodes.count
                return Core.functions.pointee.edit?(handle, &edit)
            }
        }
        guard let made else { return nil }
        return Stanza(owning: made)
    }
}

// MARK: The ABI's numbers

extension Stanza.Kind {
    init(_ number: UInt32) {
        switch Int(number) {
        case MARTLET_PRESENCE: self = .presence
        case MARTLET_IQ: self = .iq
        case MARTLET_NONZA: self = .nonza
        default: self = .message
        }
    }

    var number: UInt32 {
        switch self {
        case .message: UInt32(MARTLET_MESSAGE)
        case .presence: UInt32(MARTLET_PRESENCE)
        case .iq: UInt32(MARTLET_IQ)
        case .nonza: UInt32(MARTLET_NONZA)
        }
    }
}

extension Stanza.StanzaType {
    init(_ number: UInt32) {
        switch Int(number) {
        case MARTLET_TYPE_GET: self = .get
        case MARTLET_TYPE_SET: self = .set
        case MARTLET_TYPE_RESULT: self = .result
        case MARTLET_TYPE_ERROR: self = .error
        case MARTLET_TYPE_NORMAL: self = .normal
        case MARTLET_TYPE_CHAT: self = .chat
        case MARTLET_TYPE_GROUPCHAT: self = .groupchat
        case MARTLET_TYPE_HEADLINE: self = .headline
        case MARTLET_TYPE_UNAVAILABLE: self = .unavailable
        case MARTLET_TYPE_SUBSCRIBE: self = .subscribe
        case MARTLET_TYPE_SUBSCRIBED: self = .subscribed
        case MARTLET_TYPE_UNSUBSCRIBE: self = .unsubscribe
        case MARTLET_TYPE_UNSUBSCRIBED: self = .unsubscribed
        case MARTLET_TYPE_PROBE: self = .probe
        default: self = .none
        }
    }

    var number: UInt32 {
        let number =
            switch self {
            case .none: MARTLET_TYPE_NONE
            case .get: MARTLET_TYPE_GET
            case .set: MARTLET_TYPE_SET
            case .result: MARTLET_TYPE_RESULT
            case .error: MARTLET_TYPE_ERROR
            case .normal: MARTLET_TYPE_NORMAL
            case .chat: MARTLET_TYPE_CHAT
            case .groupchat: MARTLET_TYPE_GROUPCHAT
            case .headline: MARTLET_TYPE_HEADLINE
            case .unavailable: MARTLET_TYPE_UNAVAILABLE
            case .subscribe: MARTLET_TYPE_SUBSCRIBE
            case .subscribed: MARTLET_TYPE_SUBSCRIBED
            case .unsubscribe: MARTLET_TYPE_UNSUBSCRIBE
            case .unsubscribed: MARTLET_TYPE_UNSUBSCRIBED
            case .probe: MARTLET_TYPE_PROBE
            }
        return UInt32(number)
    }
}
