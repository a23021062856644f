/// A domain's abilities in short: the hash of what its disco#info says (XEP-0115).
public struct Capabilities: Hashable, Sendable {
    /// Whose software this is.
    public static let software = "https://martlet.example/"

    /// The hash in base 64 (XEP-0115 §5.1).
    public let version: String

    public init(version: String) {
        self.version = version
    }

    /// The node under which disco#info gives what was hashed (XEP-0115 §6.2).
    public var node: String { "\(Self.software)#\(version)" }
}
