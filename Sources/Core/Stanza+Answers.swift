public import MartletXML

extension Stanza {
    /// The answer that a request earned: same id, addresses turned round (RFC 6120 §8.2.3).
    public func result(_ payload: Element? = nil) -> Stanza {
        Stanza(.iq, type: .result, to: from, from: to, id: id) { iq in
            if let payload { iq.append(payload) }
        }
    }

    /// The stanza returned to its sender with an error, or nil where RFC 6120 §8.3.1 forbids one: an
    /// error is never answered, nor is a result.
    public func bounced(_ error: StanzaError, by: JID? = nil) -> Stanza? {
        guard type != .error, type != .result else { return nil }
        return Stanza(kind, type: .error, to: from, from: to, id: id) {
            Self.write(error, of: kind, to: &$0, original: element, by: by)
        }
    }

    /// A presence without payload, such as the server sends for a user (RFC 6121 §3).
    public static func presence(_ type: StanzaType, to: JID?, from: JID?) -> Stanza {
        Stanza(.presence, type: type, to: to, from: from)
    }

    /// The answer to an element that could not even be read as a stanza, from `domain`.
    public static func refusal(
        of element: Element,
        _ error: StanzaError,
        from domain: JID
    ) -> Stanza? {
        guard let kind = Kind(element) else { return nil }
        let id = element.attribute("id")
        return Stanza(kind, type: .error, to: nil, from: domain, id: id) {
            write(error, of: kind, to: &$0, original: element, by: nil)
        }
    }

    /// The `<error/>` of an error stanza, read (RFC 6120 §8.3).
    public var error: StanzaError? {
        guard type == .error, let element = child("error", in: Namespace.client) else { return nil }
        return StanzaError(element)
    }

    private static func write(
        _ error: StanzaError,
        of kind: Kind,
        to stanza: inout ElementWriter,
        original: Element,
        by: JID?
    ) {
        if kind == .iq, let payload = original.firstChild { stanza.append(payload) }
        stanza.append(error.element(by: by))
    }
}

extension StanzaError {
    /// `<error/>` with its condition and, if there is one, its text (RFC 6120 §8.3.2).
    ///
    /// With its number, those understand it who know no conditions (XEP-0086).
    public func element(by: JID? = nil, withLegacyCode: Bool = false) -> Element {
        let code = withLegacyCode ? "\(condition.legacyCode)" : nil
        return Element(
            "error",
            ["code": code, "type": kind.rawValue, "by": by?.description]
        ) { error in
            error.element(condition.rawValue, in: Namespace.stanzaErrors)
            if let text {
                error.element("text", in: Namespace.stanzaErrors) { $0.text(text) }
            }
            if let application { error.append(application) }
        }
    }

    /// Reads an `<error/>`; an unknown condition is `undefined-condition`.
    public init(_ element: Element) {
        var condition = Condition.undefinedCondition
        var text: String?
        var application: Element?
        for child in element.children {
            if child.namespace != Namespace.stanzaErrors {
                application = application ?? child
            } else if child.name == "text" {
                text = child.text
            } else {
                condition = Condition(rawValue: child.name) ?? .undefinedCondition
            }
        }
        self.init(condition, element.attribute("type").flatMap(Kind.init), text)
        self.application = application
    }
}

extension StreamError {
    /// `<stream:error/>` as it is written on a stream (RFC 6120 §4.9.1).
    public var element: Element {
        Element("error", in: Namespace.streams) { error in
            error.element(condition.rawValue, in: Namespace.streamErrors)
            if let text {
                error.element("text", in: Namespace.streamErrors) { $0.text(text) }
            }
            if let application { error.append(application) }
        }
    }
}

extension StreamError {
    /// Reads a `<stream:error/>`; an unknown condition is `undefined-condition`.
    public init(_ element: Element) {
        var condition = Condition.undefinedCondition
        var text: String?
        for child in element.children where child.namespace == Namespace.streamErrors {
            if child.name == "text" {
                text = child.text
            } else {
                condition = Condition(rawValue: child.name) ?? .undefinedCondition
            }
        }
        self.init(condition, text)
    }
}
