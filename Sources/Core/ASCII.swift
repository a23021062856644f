/// Sets of ASCII characters, so that the usual address is judged byte by byte and never decoded.
struct ASCIISet: Sendable {
    private let low: UInt64
    private let high: UInt64

    init(_ members: some Sequence<UInt8>) {
        var low: UInt64 = 0
        var high: UInt64 = 0
        for byte in members {
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
        }
        self.low = low
        self.high = high
    }

    /// Whether every byte is a member.
    func containsAll(of bytes: some Sequence<UInt8>) -> Bool {
        for byte in bytes where !contains(byte) { return false }
        return true
    }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        (byte < 64 ? low >> UInt64(byte) : byte < 128 ? high >> UInt64(byte - 64) : 0) & 1 == 1
    }
}

enum ASCII {
    /// Characters that `UsernameCaseMapped` has and a localpart has not (RFC 7622 §3.3.1).
    static let excludedFromLocalparts = ASCIISet("\"&'/:<>@".utf8)

    /// What a localpart may have, in either case.
    static let localpart = ASCIISet((0x21...0x7E).filter { !excludedFromLocalparts.contains($0) })

    /// What a host's label may have, in either case.
    static let label = ASCIISet(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_".utf8
    )

    /// What a resourcepart may have.
    static let resourcepart = ASCIISet(0x20...0x7E)

    static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }

    static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte | 0x20
    }

    /// Whether it is a label of letters, digits, hyphens and underscores, up to 63 of them, that
    /// announces no encoding: hyphens are neither at its ends nor third and fourth (RFC 5891 §4.2.3.1).
    static func isLabel(_ bytes: some RandomAccessCollection<UInt8>) -> Bool {
        let hyphen = UInt8(ascii: "-")
        guard let first = bytes.first, let last = bytes.last else { return false }
        guard bytes.count <= 63, first != hyphen, last != hyphen else { return false }
        let third = bytes.dropFirst(2)
        if third.count >= 2, third.first == hyphen, third.dropFirst().first == hyphen {
            return false
        }
        return label.containsAll(of: bytes)
    }
}
