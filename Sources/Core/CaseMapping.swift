internal import CUnicode

/// The mappings of case and width (RFC 8264 §5.2.1, §5.2.3).
enum Mapping {
    /// Puts full-width and half-width code points into their usual form.
    static func width(_ text: Scalars) -> Scalars {
        text.map { scalar in
            guard scalar.value >= 0x3000, let step = Decomposition(of: scalar), step.kind == .width
            else { return scalar }
            return step.first
        }
    }

    /// Unicode's toLowerCase, in nobody's language (Unicode §3.13).
    ///
    /// - Parameters:
    ///   - text: what is to be mapped.
    ///   - hasFinalSigma: whether a sigma that ends a word becomes the one for ends of words.
    /// - Returns: the text without capitals.
    static func lowercase(_ text: Scalars, hasFinalSigma: Bool = true) -> Scalars {
        var result = Scalars()
        result.reserveCapacity(text.count)
        for (index, scalar) in text.enumerated() {
            switch scalar {
            case "\u{3A3}" where hasFinalSigma:
                result.append(isFinal(index, in: text) ? "\u{3C2}" : "\u{3C3}")
            case "\u{130}": result += ["i", "\u{307}"]
            default: result.append(lowercase(scalar))
            }
        }
        return result
    }

    /// The simple lower case of one code point; itself where it has none.
    private static func lowercase(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let pairs = martlet_unicode_lower_pairs()
        guard let pairs,
            let found = search(
                MARTLET_UNICODE_LOWER,
                for: UInt64(scalar.value),
                key: { UInt64(pairs[2 * $0]) }
            )
        else { return scalar }
        return Unicode.Scalar(pairs[2 * found + 1]) ?? scalar
    }

    /// Whether a sigma ends a word: a letter with case before it and none after it.
    private static func isFinal(_ index: Int, in text: Scalars) -> Bool {
        func isCased(_ scalars: some Sequence<Unicode.Scalar>) -> Bool {
            scalars.lazy.map(CodePoint.init).first { !$0.isCaseIgnorable }?.isCased ?? false
        }
        return isCased(text[..<index].reversed()) && !isCased(text[(index + 1)...])
    }
}
