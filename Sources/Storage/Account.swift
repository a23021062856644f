public import MartletCore

/// A user of a domain, as far as the store knows one: it never holds a password.
public struct Account: Hashable, Sendable {
    /// The bare address; a resource is dropped.
    public let jid: JID
    /// What proves the password (RFC 5802 §3), under each mechanism's name (`SCRAM-SHA-256`).
    ///
    /// Only the SASL layer reads these texts. Empty when something else authenticates the user.
    public var verifiers: [String: String]
    /// Whether the user may not log in.
    public var isDisabled: Bool
    public var created: Timestamp

    public init(
        _ jid: JID,
        verifiers: [String: String] = [:],
        isDisabled: Bool = false,
        created: Timestamp = .now()
    ) {
        self.jid = jid.bare
        self.verifiers = verifiers
        self.isDisabled = isDisabled
        self.created = created
    }
}
