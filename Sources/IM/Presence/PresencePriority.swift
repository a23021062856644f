import MartletCore

/// The priority that a presence gives its resource (RFC 6121 §4.7.2.3).
enum PresencePriority {
    /// Zero where the presence gives none.
    ///
    /// - Throws: `bad-request` for anything but a number from -128 to 127, and for a presence that says
    ///   twice what it may say once: its priority, or its `<show/>` (RFC 6121 §4.7.2.1). A `<status/>`
    ///   may stand in several languages (§4.7.2.2).
    static func read(_ presence: Stanza) throws(StanzaError) -> Int {
        for name in ["priority", "show"] {
            var found = presence.element.children(name, in: Namespace.client).makeIterator()
            guard found.next() == nil || found.next() == nil else { throw .badRequest }
        }
        guard let element = presence.child("priority", in: Namespace.client) else { return 0 }
        // A schema's byte may stand between white space (XML Schema Part 2 §4.3.6).
        let words = element.text.split(whereSeparator: \.isWhitespace)
        guard words.count == 1, let priority = Int8(words[0]) else { throw .badRequest }
        return Int(priority)
    }
}
