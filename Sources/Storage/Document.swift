/// A value under a key, in a collection of an owner.
public struct Document: Hashable, Sendable {
    public var key: String
    public var value: [UInt8]
    /// Grows with each put and never comes twice, not even after a delete.
    public var version: Int64
    /// From this moment on the document is gone for every reader and every condition.
    public var expires: Timestamp?

    public init(key: String, value: [UInt8], version: Int64, expires: Timestamp? = nil) {
        self.key = key
        self.value = value
        self.version = version
        self.expires = expires
    }
}

/// What must be true of a document for it to be put or deleted; else the call is a `.conflict`.
public enum VersionCondition: Hashable, Sendable {
    /// Whatever is there, if anything.
    case any
    /// Nothing is there.
    case absent
    /// It is there, and nobody wrote it since it had this version.
    case exactly(Int64)

    /// Whether it holds for a document of this version, or for none.
    package func holds(for version: Int64?) -> Bool {
        switch self {
        case .any: true
        case .absent: version == nil
        case .exactly(let expected): version == expected
        }
    }
}
