public import MartletCore
public import MartletXML

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

    /// The domain's.
    public internal(set) var identities: [Identity] = []
    /// Those that its accounts have beside `account/registered`.
    public internal(set) var accountIdentities: [Identity] = []
    /// What the domain says of itself in data forms (XEP-0128).
    public internal(set) var forms: [Element] = []
    public internal(set) var features: [Entity: Set<String>] = [:]
    public internal(set) var items: [Item] = []
}
