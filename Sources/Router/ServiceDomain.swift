/// A domain that a module keeps under another, such as `conference.` of a chat service.
public struct ServiceDomain: Hashable, Sendable {
    /// What stands before the domain's own name.
    public let label: String
    public let identity: Discovery.Identity

    /// Its whole name under a domain.
    public func name(under domain: String) -> String { "\(label).\(domain)" }
}
