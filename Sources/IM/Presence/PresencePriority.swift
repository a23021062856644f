import MartletCore

/// The priority that a presence gives its resource (RFC 6121 §4.7.2.3).
enum PresencePriority {
    /// Zero where the presence gives none.
    ///
    /// - Throws: `bad-request` for anything but a number from -128 to 127.
    static func read(_ presence: Stanza) throws(StanzaError) -> Int {
        guard let element = presence.child("priority", in: Namespace.client) else { return 0 }
        guard let priority = Int(element.text), (-128...127).contains(priority) else {
            throw .badRequest
        }
        return priority
    }
}
