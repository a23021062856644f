/// Which characters a canonical document writes as references, as bits of one word.
///
/// They are all below U+0040, so a test of one is a comparison and a shift.
struct Escaping {
    private let mask: UInt64

    /// `>` too, so that `]]>` never stands in text; CR, which a parser would read as LF.
    static let text = Escaping(mask: 1 << 0x26 | 1 << 0x3C | 1 << 0x3E | 1 << 0x0D)

    /// What a parser would turn into a space (XML 1.0 §3.3.3), or end the value at.
    static let attribute = Escaping(mask: text.mask | 1 << 0x27 | 1 << 0x09 | 1 << 0x0A)

    func contains(_ byte: UInt8) -> Bool { byte < 64 && (mask &>> UInt64(byte)) & 1 != 0 }

    static func reference(for byte: UInt8) -> StaticString {
        switch byte {
        case 0x26: "&amp;"
        case 0x3C: "&lt;"
        case 0x3E: "&gt;"
        case 0x27: "&apos;"
        case 0x09: "&#9;"
        case 0x0A: "&#10;"
        default: "&#13;"
        }
    }

    /// Where the first of them stands from `start` on; the count where there is none.
    ///
    /// Most text has none, so eight bytes at a time are passed over; the last step goes back over what was seen
    /// already, so that no rest is left to be looked at one by one.
    @inline(__always)
    func first(in source: Bytes, from start: Int = 0) -> Int {
        guard let base = source.baseAddress else { return 0 }
        let (bytes, count) = (UnsafeRawPointer(base), source.count)
        var at = start
        while count &- at >= 8 {
            if Self.mayStand(in: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) {
                let found = search(base, at, at &+ 8)
                if found < at &+ 8 { return found }
            }
            at &+= 8
        }
        if at < count, count &- start >= 8 {
            let last = bytes.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            guard Self.mayStand(in: last) else { return count }
        }
        return search(base, at, count)
    }

    @inline(__always)
    private func search(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var at = start
        while at < end, !contains(base[at]) { at &+= 1 }
        return at
    }

    /// Whether any of eight bytes is `&`, `'`, `<`, `>`, or below U+000E; sometimes also when none is.
    ///
    /// A byte that is zero, or below `n`, borrows from its own highest bit when 1, or `n`, is taken off.
    @inline(__always)
    private static func mayStand(in word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = (word | ones) ^ (ones &* 0x27)
        let brackets = (word | (ones &* 2)) ^ (ones &* 0x3E)
        let found =
            ((quotes &- ones) & ~quotes) | ((brackets &- ones) & ~brackets)
            | ((word &- ones &* 0x0E) & ~word)
        return found & (ones &* 0x80) != 0
    }
}

extension Scratch<UInt8> {
    /// Appends characters as a canonical document has them, in runs.
    ///
    /// - Returns: whether any became a reference.
    mutating func appendEscaped(_ source: Bytes, _ escaping: Escaping) -> Bool {
        guard let base = source.baseAddress else { return false }
        var run = 0
        while true {
            let end = escaping.first(in: source, from: run)
            append(base + run, end - run)
            guard end < source.count else { return run > 0 }
            append(Escaping.reference(for: base[end]))
            run = end + 1
        }
    }
}

extension [UInt8] {
    /// Appends the value of an attribute as a canonical document has it.
    package mutating func appendEscapedAttribute(_ value: UnsafeRawBufferPointer) {
        let source = value.assumingMemoryBound(to: UInt8.self)
        var run = 0
        while true {
            let end = Escaping.attribute.first(in: source, from: run)
            append(contentsOf: Bytes(rebasing: source[run..<end]))
            guard end < source.count else { return }
            append(contentsOf: Bytes(Escaping.reference(for: source[end])))
            run = end + 1
        }
    }
}

/// Reads back what ``Scratch/appendEscaped(_:_:)`` wrote; nothing else stands in a document of ours.
func unescaped(_ source: Bytes) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(source.count)
    var at = 0
    while at < source.count {
        guard source[at] == 0x26, let end = source[at...].firstIndex(of: 0x3B) else {
            result.append(source[at])
            at += 1
            continue
        }
        result.append(character(of: Bytes(rebasing: source[at...end])))
        at = end + 1
    }
    return result
}

private func character(of reference: Bytes) -> UInt8 {
    for byte: UInt8 in [0x26, 0x3C, 0x3E, 0x27, 0x09, 0x0A]
    where isEqual(reference, Escaping.reference(for: byte)) {
        return byte
    }
    return 0x0D
}

/// Replaces what XML cannot carry, not even as a reference (XML 1.0 §2.2), by U+FFFD.
func legalText(_ text: String) -> String {
    let isLegal = withUTF8(text) { bytes in
        isPlain(bytes)
            || bytes.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
                && !hasNoncharacter(bytes)
    }
    guard !isLegal else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        result.append(isLegalCharacter(scalar) ? scalar : "\u{FFFD}")
    }
    return String(result)
}

/// Whether no byte is a control, or the first of U+F000 and above: so nearly all texts are.
///
/// All are looked at, so that many are at once.
private func isPlain(_ bytes: Bytes) -> Bool {
    var doubts: UInt8 = 0
    for byte in bytes { doubts |= byte &- 0x20 < 0xEF - 0x20 ? 0 : 1 }
    return doubts == 0
}

private func isLegalCharacter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D: true
    case 0..<0x20, 0xFFFE, 0xFFFF: false
    default: true
    }
}

/// Whether U+FFFE or U+FFFF stands here: `EF BF BE` and `EF BF BF`.
private func hasNoncharacter(_ bytes: Bytes) -> Bool {
    bytes.indices.dropLast(2).contains {
        bytes[$0] == 0xEF && bytes[$0 + 1] == 0xBF && bytes[$0 + 2] >= 0xBE
    }
}
