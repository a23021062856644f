public import MartletCore

/// What a domain says of itself (XEP-0030), gathered from what is registered.
public struct Discovery: Sendable {
    /// Whom a feature belongs to.
    public enum Entity: Hashable, Sendable { case domain, account }

    public struct Identity: Hashable, Sendable {
        public var category: String
        public var type: String
        public var name: String?
    }

    public struct Item: Hashable, Sendable {
        public var jid: JID
        public var name: String?
    }

    public internal(set) var identities: [Identity] = []
    public internal(set) var features: [Entity: Set<String>] = [:]
    public internal(set) var items: [Item] = []
}
