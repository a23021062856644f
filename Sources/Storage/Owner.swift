internal import Glibc
public import MartletCore

/// Whose documents and logs: an account, a room, a service, or a domain as a whole.
///
/// Names are compared byte by byte, not as Unicode characters.
public struct Owner: Hashable, Sendable {
    /// The domain that the owner belongs to, prepared as in an address.
    public let domain: String
    /// What tells the owner from others of the domain; empty for the domain itself.
    public let name: String

    public init(domain: String, name: String = "") {
        self.domain = domain
        self.name = name
    }

    /// The account (or room) with this bare address; ``AccountStore/removeAccount(_:)`` removes what
    /// this owner has.
    public init(_ jid: JID) {
        self.init(domain: jid.domainpart, name: jid.bare.description)
    }

    public static func == (left: Owner, right: Owner) -> Bool {
        ByteText(left.name) == ByteText(right.name)
            && ByteText(left.domain) == ByteText(right.domain)
    }

    public func hash(into hasher: inout Hasher) {
        ByteText(domain).hash(into: &hasher)
        ByteText(name).hash(into: &hasher)
    }
}

/// A text that is equal to another only when its bytes are, and is ordered by them, as databases do
/// it; Swift's own `String` takes `é` and `e` with an accent for the same.
package struct ByteText: Hashable, Comparable, Sendable {
    package let string: String

    package init(_ string: String) {
        self.string = string
    }

    package static func == (left: ByteText, right: ByteText) -> Bool {
        let (one, other) = (left.string.utf8, right.string.utf8)
        guard one.count == other.count else { return false }
        let isEqual = one.withContiguousStorageIfAvailable { one in
            other.withContiguousStorageIfAvailable { other -> Bool in
                guard let one = one.baseAddress, let start = other.baseAddress else { return true }
                return memcmp(one, start, other.count) == 0
            }
        }
        return (isEqual ?? nil) ?? one.elementsEqual(other)
    }

    package static func < (left: ByteText, right: ByteText) -> Bool {
        left.string.utf8.lexicographicallyPrecedes(right.string.utf8)
    }

    package func hasPrefix(_ prefix: ByteText) -> Bool {
        string.utf8.starts(with: prefix.string.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        let isHashed: Void? = string.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if isHashed == nil { for byte in string.utf8 { hasher.combine(byte) } }
        hasher.combine(0xff as UInt8)
    }
}
