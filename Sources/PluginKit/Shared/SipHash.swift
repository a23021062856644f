/// SipHash-2-4: a keyed hash of short texts that nobody can foretell without the key.
///
/// It costs a hundredth of what a digest does, and is no digest: who has the key can make two texts with
/// one hash.
public struct SipHash: Sendable {
    private let key: (UInt64, UInt64)

    /// Takes a key of sixteen bytes; what is missing is zero.
    public init(key: some Collection<UInt8>) {
        self.key = (Self.word(key.prefix(8)), Self.word(key.dropFirst(8).prefix(8)))
    }

    private static func word(_ bytes: some Collection<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The hash of sixteen bytes, given as two words with the least byte first.
    public func hash(_ first: UInt64, _ second: UInt64) -> UInt64 {
        var state = State(key)
        state.take(first)
        state.take(second)
        // How many bytes there were, in the last word's highest.
        state.take(16 << 56)
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
