import Glibc

/// A name as sent, split at its colon (Namespaces in XML §4).
struct QualifiedName {
    /// Empty, if there is no colon.
    let prefix: Bytes
    let local: Bytes

    /// Splits a name that expat has taken, which knows of colons only that they may stand there.
    ///
    /// - Returns: nil if one side is empty or no name of its own, or has a colon too.
    init?(_ name: Bytes) {
        guard let start = name.baseAddress, let found = memchr(start, 0x3A, name.count) else {
            prefix = Bytes(start: nil, count: 0)
            local = name
            return
        }
        let colon = UnsafeRawPointer(start).distance(to: UnsafeRawPointer(found))
        prefix = name.upTo(colon)
        local = name.from(colon + 1)
        guard colon > 0, isLocalName(local) else { return nil }
    }
}

/// Whether what follows a colon, known to be of name characters, is a name of its own.
func isLocalName(_ name: Bytes) -> Bool {
    guard let first = name.first, name.firstIndex(of: 0x3A) == nil else { return false }
    guard first >= 0x80 else { return first == 0x5F || (0x41...0x5A).contains(first & 0xDF) }
    guard let scalar = String(utf8: name).unicodeScalars.first?.value else { return false }
    return nameStarts.contains { $0.contains(scalar) }
}

/// Letters beyond ASCII that may begin a name by the fourth edition of XML 1.0, which expat
/// follows, and by the fifth, which other parsers do: the common scripts, not all there are.
private let nameStarts: [ClosedRange<UInt32>] = [
    0xC0...0xD6, 0xD8...0xF6, 0xF8...0x131, 0x134...0x13E, 0x141...0x148, 0x14A...0x17E,
    0x388...0x38A, 0x38E...0x3A1, 0x3A3...0x3CE, 0x401...0x40C, 0x40E...0x44F, 0x451...0x45C,
    0x531...0x556, 0x561...0x586, 0x5D0...0x5EA, 0x621...0x63A, 0x641...0x64A, 0x905...0x939,
    0xE01...0xE2E, 0x10D0...0x10F6, 0x3041...0x3094, 0x30A1...0x30FA, 0x4E00...0x9FA5,
    0xAC00...0xD7A3,
]
