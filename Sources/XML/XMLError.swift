/// Why a peer's bytes are not a stream of stanzas, and where.
public struct XMLError: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Not XML 1.0 in UTF-8 (RFC 6120 §4.9.3.13).
        case notWellFormed
        /// Text between stanzas, or an element of the stream inside a stanza (RFC 6120 §4.9.3.1).
        case badFormat
        /// A prefix nobody declared, or one that may not be declared so (RFC 6120 §4.9.3.2).
        case badNamespacePrefix
        /// A comment, processing instruction, DTD or entity (RFC 6120 §4.9.3.18, §11.1).
        case restrictedXML
        /// Something other than UTF-8 was announced or sent (RFC 6120 §4.9.3.22).
        case unsupportedEncoding
        /// More than ``XMLLimits`` allow (RFC 6120 §4.9.3.14).
        case limit(XMLLimits.Limit)
        /// This machine has no memory left for a parser.
        case outOfMemory
    }

    public let kind: Kind
    /// Bytes of the stream before the fault, from its beginning or last restart; near it, where the
    /// fault is that of a whole tag.
    public let byteOffset: Int

    public init(_ kind: Kind, byteOffset: Int) {
        self.kind = kind
        self.byteOffset = byteOffset
    }
}

extension XMLError: CustomStringConvertible {
    public var description: String {
        switch kind {
        case .limit(let limit): "over the limit of \(limit.rawValue) at byte \(byteOffset)"
        default: "\(kind) at byte \(byteOffset)"
        }
    }
}
