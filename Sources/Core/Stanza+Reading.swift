public import MartletXML

/// Why an element at stream level is not a stanza that can be routed.
public enum StanzaFault: Error, Sendable {
    /// Not a message, presence or iq (RFC 6120 §4.9.3.24).
    case unsupported
    /// Refused with an answer; the element is what the answer refers to.
    case refused(StanzaError)
    /// Refused without one, since it is an error or an answer itself (RFC 6120 §8.3.1).
    case ignored
    /// Its `from` is no address, so it is not its sender's (RFC 6120 §8.1.2.1, §4.9.3.9).
    case invalidFrom
}

extension Stanza {
    /// Reads a child of the stream; `language` is the stream's.
    public convenience init(_ element: Element, language: String? = nil) throws(StanzaFault) {
        try self.init(element, language: language, client: nil, recent: nil)
    }

    /// Reads what a client sent, and stamps its full address on it (RFC 6120 §8.1.2.1).
    ///
    /// A `from` of its own may be left out, or be its full or bare address. `recent` is whom it lately wrote
    /// to: the same text is not prepared again.
    public convenience init(
        _ element: Element,
        sentBy client: JID,
        language: String? = nil,
        recent: JID? = nil
    ) throws(StanzaFault) {
        try self.init(element, language: language, client: client, recent: recent)
    }

    private convenience init(
        _ element: Element,
        language: String?,
        client: JID?,
        recent: JID?
    ) throws(StanzaFault) {
        guard let kind = Kind(element) else { throw .unsupported }
        guard
            let type = element.withAttributeBytes("type", { StanzaType(utf8: $0, of: kind) })
        else { throw .refused(.badRequest) }
        let id = element.attribute("id")
        if kind == .iq {
            try Self.checkIQ(element, type: type, id: id)
        }
        self.init(
            kind,
            type: type,
            to: try Self.recipient(of: element, type: type, recent),
            from: try Self.sender(of: element, client),
            id: id,
            language: element.language ?? language,
            element: element
        )
    }

    private static func recipient(
        of element: Element,
        type: StanzaType,
        _ recent: JID?
    ) throws(StanzaFault) -> JID? {
        do {
            return try address("to", of: element, recent)
        } catch {
            throw type == .error || type == .result ? .ignored : .refused(.jidMalformed)
        }
    }

    private static func sender(of element: Element, _ client: JID?) throws(StanzaFault) -> JID? {
        let from: JID?
        do {
            from = try address("from", of: element, client)
        } catch {
            throw .invalidFrom
        }
        guard let client, let from else { return from ?? client }
        guard from == client || (from.isBare && from.isSameAccount(as: client)) else {
            throw .invalidFrom
        }
        return client
    }

    private static func address(
        _ name: StaticString,
        of element: Element,
        _ known: JID?
    ) throws(JIDError) -> JID? {
        let read = element.withAttributeBytes(name) { text -> Result<JID?, JIDError> in
            guard let text else { return .success(nil) }
            if let known, known.isWritten(text) { return .success(known) }
            return Result { () throws(JIDError) in try JID(utf8: text) }
        }
        return try read.get()
    }

    /// An iq has an id, and a request exactly one child (RFC 6120 §8.2.3).
    private static func checkIQ(
        _ element: Element,
        type: StanzaType,
        id: String?
    ) throws(StanzaFault) {
        guard type == .get || type == .set else {
            if id == nil { throw .ignored }
            return
        }
        guard id != nil else { throw .refused(.badRequest) }
        var children = element.children.makeIterator()
        guard children.next() != nil, children.next() == nil else { throw .refused(.badRequest) }
    }
}

extension Stanza.Kind {
    init?(_ element: Element) {
        if element.isNamed("message", "jabber:client") {
            self = .message
        } else if element.isNamed("presence", "jabber:client") {
            self = .presence
        } else if element.isNamed("iq", "jabber:client") {
            self = .iq
        } else {
            return nil
        }
    }

    public var name: String {
        switch self {
        case .message: "message"
        case .presence: "presence"
        case .iq: "iq"
        }
    }
}
