package import MartletNet

/// Who can be reached by an address.
package enum AddressReach: Hashable, Sendable {
    /// Anyone, from anywhere.
    case global
    /// This machine, a neighbour, or a private network (the IANA's special-purpose registries).
    case local
    /// Nobody: an address of many, of none, or of the sender alone.
    case none
}

extension SocketAddress {
    /// Who can be reached by the address, whatever its port; of one that holds another, by that.
    package var reach: AddressReach {
        let bytes = bytes
        return bytes.count == 4 ? Self.reachOfIPv4(bytes[...]) : Self.reachOfIPv6(bytes)
    }

    private static func reachOfIPv4(_ bytes: ArraySlice<UInt8>) -> AddressReach {
        let number = bytes.reduce(0) { $0 << 8 | UInt32($1) }
        func isIn(_ network: UInt32, _ bits: UInt32) -> Bool {
            (number ^ network) >> (32 - bits) == 0
        }
        if isIn(0, 8) || isIn(0xE000_0000, 3) { return .none }  // RFC 1122 §3.2.1.3, RFC 1112 §4
        return localIPv4.contains(where: isIn) ? .local : .global
    }

    private static let localIPv4: [(UInt32, UInt32)] = [
        (0x0A00_0000, 8), (0xAC10_0000, 12), (0xC0A8_0000, 16),  // RFC 1918
        (0x7F00_0000, 8), (0xA9FE_0000, 16),  // This host, the link (RFC 3927)
        (0x6440_0000, 10), (0xC000_0000, 24), (0xC612_0000, 15),  // RFC 6598, 6890, 2544
        (0xC000_0200, 24), (0xC633_6400, 24), (0xCB00_7100, 24),  // Documents (RFC 5737)
    ]

    private static func reachOfIPv6(_ bytes: [UInt8]) -> AddressReach {
        switch (bytes[0], bytes[1]) {
        case (0xFF, _): return .none
        case (0xFC...0xFD, _), (0xFE, 0x80...): return .local  // RFC 4193, 4291 §2.5.6, 3879
        case (0x20, 0x02): return reachOfIPv4(bytes[2..<6])  // 6to4 (RFC 3056)
        default: break
        }
        if bytes.starts(with: [0, 0x64, 0xFF, 0x9B]) {  // RFC 6052 §2.1, RFC 8215
            return bytes[4..<12].allSatisfy { $0 == 0 } ? reachOfIPv4(bytes[12...]) : .local
        }
        if bytes[..<12].allSatisfy({ $0 == 0 }) {  // ::, ::1 and RFC 4291 §2.5.5.1
            return bytes[12...].allSatisfy { $0 == 0 } ? .none : .local
        }
        let isOfDocuments = bytes.starts(with: [0x20, 0x01, 0x0D, 0xB8])
        let isDiscarded = bytes[..<8].elementsEqual([1, 0, 0, 0, 0, 0, 0, 0])  // RFC 6666
        return isOfDocuments || isDiscarded ? .local : .global
    }
}
