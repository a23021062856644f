/// Where a code point of class CONTEXTJ or CONTEXTO may stand (RFC 5892 Appendix A).
enum ContextualRules {
    /// Whether every such code point of a text stands where its rule allows it.
    static func areSatisfied(by text: Scalars) -> Bool {
        var hasKatakanaDot = false
        var hasArabicDigits = false
        var hasExtendedArabicDigits = false
        for (index, scalar) in text.enumerated() {
            switch scalar {
            case "\u{30FB}": hasKatakanaDot = true
            case "\u{660}"..."\u{669}": hasArabicDigits = true
            case "\u{6F0}"..."\u{6F9}": hasExtendedArabicDigits = true
            default: guard neighboursAllow(index, in: text) else { return false }
            }
        }
        if hasArabicDigits && hasExtendedArabicDigits { return false }
        return !hasKatakanaDot || text.contains { CodePoint($0).script == .kanaOrHan }
    }

    /// The rules that look at what stands beside; a code point that has no rule is not allowed.
    private static func neighboursAllow(_ index: Int, in text: Scalars) -> Bool {
        let before = index > 0 ? text[index - 1] : nil
        let after = index + 1 < text.count ? text[index + 1] : nil
        switch text[index] {
        case "\u{200C}": return isAfterVirama(index, in: text) || breaksJoin(index, in: text)
        case "\u{200D}": return isAfterVirama(index, in: text)
        case "\u{B7}": return before == "l" && after == "l"
        case "\u{375}": return after.map { CodePoint($0).script } == .greek
        case "\u{5F3}", "\u{5F4}": return before.map { CodePoint($0).script } == .hebrew
        default:
            let category = CodePoint(text[index]).category
            return category != .contextJ && category != .contextO
        }
    }

    private static func isAfterVirama(_ index: Int, in text: Scalars) -> Bool {
        index > 0 && CodePoint(text[index - 1]).isVirama
    }

    /// RFC 5892 §A.1: between a letter that joins to its left and one that joins to its right.
    private static func breaksJoin(_ index: Int, in text: Scalars) -> Bool {
        func joining(_ scalars: some Sequence<Unicode.Scalar>) -> CodePoint.Joining? {
            scalars.lazy.map { CodePoint($0).joining }.first { $0 != .transparent }
        }
        let before = joining(text[..<index].reversed())
        let after = joining(text[(index + 1)...])
        return (before == .left || before == .dual) && (after == .right || after == .dual)
    }
}
