/// What is asked of the DNS.
package struct DNSQuestion: Hashable, Sendable {
    /// The types of records that finding a server takes, by their numbers.
    package enum Kind: UInt16, Sendable {
        case a = 1
        case aaaa = 28
        case srv = 33
        case tlsa = 52
    }

    /// A name in ASCII, without the dot at its end; it is never completed by a search list.
    package let name: String
    package let kind: Kind

    package init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

extension DNSQuestion: CustomStringConvertible {
    package var description: String { "\(name) \(String(describing: kind).uppercased())" }
}
