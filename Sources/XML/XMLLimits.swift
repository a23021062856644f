/// How much one peer may ask the parser to hold; the outcome of each is `XMLError.Kind.limit`.
public struct XMLLimits: Hashable, Sendable {
    public enum Limit: String, Hashable, Sendable {
        case stanzaBytes, tagBytes, depth, elements, attributes, attributeBytes
        case namespaceDeclarations, nameBytes
    }

    /// Bytes since the last stanza ended, as sent and as we write them.
    public var stanzaBytes: Int
    /// Bytes of one tag or reference as sent, which expat must hold until it is whole.
    public var tagBytes: Int
    /// Elements inside each other, the stanza included.
    public var depth: Int
    /// Elements in one stanza, itself included.
    public var elements: Int
    /// Attributes of one element, declarations of namespaces included.
    public var attributes: Int
    /// Bytes of one element's attributes, names and values together, references read.
    public var attributeBytes: Int
    /// Prefixes that a stanza declares and that are in scope together; the header's have the same.
    public var namespaceDeclarations: Int
    /// Bytes of one name with its prefix; never above 65,535.
    public var nameBytes: Int

    public init(
        stanzaBytes: Int = 262_144,
        tagBytes: Int = 16_384,
        depth: Int = 64,
        elements: Int = 10_000,
        attributes: Int = 64,
        attributeBytes: Int = 8_192,
        namespaceDeclarations: Int = 32,
        nameBytes: Int = 1_024
    ) {
        self.stanzaBytes = min(stanzaBytes, 1 << 30)
        self.tagBytes = tagBytes
        self.depth = depth
        self.elements = elements
        self.attributes = attributes
        self.attributeBytes = attributeBytes
        self.namespaceDeclarations = namespaceDeclarations
        self.nameBytes = min(nameBytes, 65_535)
    }

    /// For a peer that has logged in.
    public static let standard = XMLLimits()

    /// For a peer that has not: what a header, STARTTLS and SASL need.
    public static let preAuthentication = XMLLimits(stanzaBytes: 8_192, depth: 8, elements: 32)
}
