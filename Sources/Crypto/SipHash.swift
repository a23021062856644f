/// SipHash-2-4 (Aumasson, Bernstein: a fast short-input PRF): a keyed hash that nobody can foretell, or
/// tell from chance, without the key.
///
/// It costs a fiftieth of what an HMAC does, and is no digest: who has the key can make two texts with
/// one hash.
public struct SipHash: Sendable {
    private let key: (UInt64, UInt64)

    /// Takes a key of sixteen bytes.
    public init(key: some Collection<UInt8>) {
        precondition(key.count == 16, "SipHash has a key of 128 bits")
        self.key = (Self.word(key.prefix(8)), Self.word(key.suffix(8)))
    }

    private static func word(_ bytes: some Collection<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The hash of eight bytes, given as a word with the least byte first, and of those behind them.
    public func hash(_ first: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = State(key)
        state.take(first)
        var offset = 0
        while bytes.count - offset >= 8 {
            state.take(
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            )
            offset += 8
        }
        // The last word has the number of all bytes in its highest one.
        var last = UInt64(truncatingIfNeeded: 8 + bytes.count) << 56
        for (place, byte) in bytes[offset...].enumerated() { last |= UInt64(byte) << (8 * place) }
        state.take(last)
        return state.finish()
    }

    private struct State {
        private var words: (UInt64, UInt64, UInt64, UInt64)

        init(_ key: (UInt64, UInt64)) {
            words = (
                key.0 ^ 0x736f_6d65_7073_6575, key.1 ^ 0x646f_7261_6e64_6f6d,
                key.0 ^ 0x6c79_6765_6e65_7261, key.1 ^ 0x7465_6462_7974_6573
            )
        }

        mutating func take(_ word: UInt64) {
            words.3 ^= word
            mix()
            mix()
            words.0 ^= word
        }

        mutating func finish() -> UInt64 {
            words.2 ^= 0xff
            for _ in 0..<4 { mix() }
            return words.0 ^ words.1 ^ words.2 ^ words.3
        }

        private mutating func mix() {
            words.0 &+= words.1
            words.1 = Self.turn(words.1, 13) ^ words.0
            words.0 = Self.turn(words.0, 32)
            words.2 &+= words.3
            words.3 = Self.turn(words.3, 16) ^ words.2
            words.0 &+= words.3
            words.3 = Self.turn(words.3, 21) ^ words.0
            words.2 &+= words.1
            words.1 = Self.turn(words.1, 17) ^ words.2
            words.2 = Self.turn(words.2, 32)
        }

        private static func turn(_ word: UInt64, _ count: UInt64) -> UInt64 {
            word << count | word >> (64 - count)
        }
    }
}
