import Glibc

/// Whether both hold the same bytes.
func isEqual(_ left: Bytes, _ right: Bytes) -> Bool {
    guard left.count == right.count else { return false }
    guard left.count > 0, let one = left.baseAddress, let other = right.baseAddress else {
        return true
    }
    return memcmp(one, other, left.count) == 0
}

/// Whether the bytes are exactly these of ours.
func isEqual(_ left: Bytes, _ right: StaticString) -> Bool {
    left.count == right.utf8CodeUnitCount
        && isEqual(left, Bytes(start: right.utf8Start, count: right.utf8CodeUnitCount))
}

/// Whether the bytes are this text in UTF-8.
func isEqual(_ left: Bytes, _ right: String) -> Bool {
    left.count == right.utf8.count && withUTF8(right) { isEqual(left, $0) }
}

/// Lends a text's UTF-8 without copying it, where the text is native (always, on Linux).
func withUTF8<R>(_ text: String, _ body: (Bytes) -> R) -> R {
    var text = text
    return text.withUTF8(body)
}

extension String {
    init(utf8 bytes: Bytes) {
        self.init(decoding: bytes, as: UTF8.self)
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// A literal, which lives as long as the program.
    init(_ literal: StaticString) {
        self.init(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    /// The part from `offset` on.
    func from(_ offset: Int) -> Bytes { Bytes(rebasing: self[offset...]) }

    /// The part before `offset`.
    func upTo(_ offset: Int) -> Bytes { Bytes(rebasing: self[..<offset]) }

    /// Whether only the characters that may stand between stanzas are here.
    var isWhitespace: Bool { allSatisfy { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 || $0 == 0x0D } }
}
