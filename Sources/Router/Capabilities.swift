import MartletCore
public import MartletXML

/// A domain's abilities in short: the hash of what its disco#info says (XEP-0115).
public struct Capabilities: Hashable, Sendable {
    /// Whose software this is.
    public static let software = "https://martlet.example/"

    /// The hash in base 64 (XEP-0115 §5.1).
    public let version: String

    public init(version: String) {
        self.version = version
    }

    /// What is shown to those who connect (XEP-0115 §6.3); `version` was made with SHA-1.
    public var element: Element {
        Element(
            "c",
            in: Namespace.capabilities,
            ["hash": "sha-1", "node": Self.software, "ver": version]
        )
    }

    /// What is hashed for a version: what disco#info says, in the order of its bytes (XEP-0115 §5.1).
    public static func verificationString(of discovery: Discovery) -> String {
        let identities = discovery.identities.map {
            "\($0.category)/\($0.type)//\($0.name ?? "")"
        }
        let features = discovery.features[.domain] ?? []
        return (inByteOrder(identities) + inByteOrder(Array(features))).map { $0 + "<" }.joined()
    }

    private static func inByteOrder(_ texts: [String]) -> [String] {
        texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The node under which disco#info gives what was hashed (XEP-0115 §6.2).
    public var node: String { "\(Self.software)#\(version)" }
}
