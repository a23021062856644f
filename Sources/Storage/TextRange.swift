/// The texts from one, or from behind it, up to another, as an index can walk them.
package struct TextRange {
    /// The first that is in the range.
    package private(set) var lower: [UInt8] = []
    /// The first that is no longer in it, or nil when there is no end.
    package private(set) var upper: [UInt8]?

    private init() {}

    /// All that start with a prefix and come behind `after`.
    package init(prefix: String, after: String?) {
        lower = Array(prefix.utf8)
        upper = Self.end(of: lower)
        // The next text behind another is the same with a zero at its end.
        if let after {
            let next = Array(after.utf8) + [0]
            if lower.lexicographicallyPrecedes(next) { lower = next }
        }
    }

    /// All that pass a test, but for `oneOf`, which is no range.
    package init(_ test: TextTest) {
        self.init()
        switch test {
        case .equal(let text):
            lower = Array(text.utf8)
            upper = lower + [0]
        case .less(let text): upper = Array(text.utf8)
        case .atMost(let text): upper = Array(text.utf8) + [0]
        case .greater(let text): lower = Array(text.utf8) + [0]
        case .atLeast(let text): lower = Array(text.utf8)
        case .prefix(let text): self = TextRange(prefix: text, after: nil)
        case .oneOf: break
        }
    }

    /// The smallest text behind all that start with the prefix.
    ///
    /// UTF-8 has no byte 0xff, so that the last byte can always be raised.
    private static func end(of prefix: [UInt8]) -> [UInt8]? {
        guard let last = prefix.last else { return nil }
        return prefix.dropLast() + [last + 1]
    }
}
