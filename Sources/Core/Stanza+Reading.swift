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
            to: try Self.recipient(of: element, type: type),
            from: try Self.sender(of: element),
            id: id,
            language: element.language ?? language,
            element: element
        )
    }

    private static func recipient(
        of element: Element,
        type: StanzaType
    ) throws(StanzaFault) -> JID? {
        do {
            return try address("to", of: element)
        } catch {
            throw type == .error || type == .result ? .ignored : .refused(.jidMalformed)
        }
    }

    private static func sender(of element: Element) throws(StanzaFault) -> JID? {
        do {
            return try address("from", of: element)
        } catch {
            throw .invalidFrom
        }
    }

    private static func address(
        _ name: StaticString,
        of element: Element
    ) throws(JIDError) -> JID? {
        let read = element.withAttributeBytes(name) { text -> Result<JID?, JIDError> in
            guard let text else { return .success(nil) }
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
