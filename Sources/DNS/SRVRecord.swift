/// Where a service is (RFC 2782).
package struct SRVRecord: Hashable, Sendable {
    /// Lower ones are tried first.
    package let priority: UInt16
    /// The share of this record among those of its priority.
    package let weight: UInt16
    package let port: UInt16
    /// A host's name in lower case; empty for `.`, which says that there is no such service.
    package let target: String

    package init(priority: UInt16, weight: UInt16, port: UInt16, target: String) {
        self.priority = priority
        self.weight = weight
        self.port = port
        self.target = target
    }

    /// Reads a record's data; nil if it is not that of an SRV record with a host's name.
    package init?(_ data: [UInt8]) {
        guard data.count > 6, let target = DomainName.text(of: data[6...]) else { return nil }
        func number(at index: Int) -> UInt16 { UInt16(data[index]) << 8 | UInt16(data[index + 1]) }
        self.init(
            priority: number(at: 0),
            weight: number(at: 2),
            port: number(at: 4),
            target: target
        )
    }
}

extension SRVRecord: CustomStringConvertible {
    package var description: String { "\(priority) \(weight) \(port) \(target)." }
}
