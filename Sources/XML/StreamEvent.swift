/// What a stretch of a stream's bytes said.
public struct StreamEvent: Sendable {
    public enum Kind: Sendable {
        /// The stream's start tag (RFC 6120 §4.2).
        indirect case opened(StreamHeader)
        /// A whole stanza, or another element directly inside the stream.
        case element(Element)
        /// The stream's end tag (RFC 6120 §4.4); nothing after it is read.
        case closed
    }

    public let kind: Kind
    /// Where in the bytes of this `read` the next thing begins.
    public let endOffset: Int
}

/// The start tag of a stream (RFC 6120 §4.7, §4.8).
public struct StreamHeader: Sendable, Hashable {
    /// `stream`, if the peer is in its right mind; without prefix.
    public var name: String
    public var prefix: String?
    public var namespace: String
    /// The default namespace, which stanzas inherit; nil if the header declares none.
    public var contentNamespace: String?
    public var to: String?
    public var from: String?
    public var id: String?
    public var version: String?
    /// Its `xml:lang`.
    public var language: String?
    /// What the header's prefixes mean, `stream` included.
    public var prefixes: [String: String]
}
