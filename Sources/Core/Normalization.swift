internal import CUnicode

/// One step of a code point's decomposition, as UnicodeData.txt has it.
struct Decomposition {
    enum Kind: UInt32 { case canonical, width, compatible }

    let kind: Kind
    private let place: UnsafeBufferPointer<UInt32>

    init?(of scalar: Unicode.Scalar) {
        guard let pairs = martlet_unicode_step_pairs(), let pool = martlet_unicode_step_pool(),
            let found = search(
                MARTLET_UNICODE_STEPS,
                for: UInt64(scalar.value),
                key: { UInt64(pairs[2 * $0]) }
            )
        else { return nil }
        let entry = pairs[2 * found + 1]
        kind = Kind(rawValue: entry >> 24) ?? .compatible
        let start = pool + Int(entry & 0xFFFF)
        place = UnsafeBufferPointer(start: start, count: Int(entry >> 16 & 0xFF))
    }

    var first: Unicode.Scalar { place.first.flatMap(Unicode.Scalar.init) ?? "\u{FFFD}" }
    var scalars: some Sequence<Unicode.Scalar> { place.lazy.compactMap { Unicode.Scalar($0) } }
}

/// Unicode's normalisation forms C and KC (UAX #15).
enum Normalization {
    static func nfc(_ text: Scalars) -> Scalars {
        // What stands before the first combining mark composes with nothing among itself.
        text.allSatisfy { $0.value < 0x300 } ? text : normalize(text, compatible: false)
    }

    static func nfkc(_ text: Scalars) -> Scalars { normalize(text, compatible: true) }

    private static func normalize(_ text: Scalars, compatible: Bool) -> Scalars {
        var parts = Scalars()
        parts.reserveCapacity(text.count)
        for scalar in text { decompose(scalar, compatible: compatible, into: &parts) }
        reorder(&parts)
        return compose(parts)
    }

    private static func decompose(
        _ scalar: Unicode.Scalar,
        compatible: Bool,
        into parts: inout Scalars
    ) {
        if scalar.value < 0xA0 { return parts.append(scalar) }
        if Hangul.syllables.contains(scalar.value) { return Hangul.decompose(scalar, into: &parts) }
        guard let step = Decomposition(of: scalar), compatible || step.kind == .canonical else {
            return parts.append(scalar)
        }
        for part in step.scalars { decompose(part, compatible: compatible, into: &parts) }
    }

    /// Sorts each run of combining marks by class, those of one class as they came.
    private static func reorder(_ parts: inout Scalars) {
        var start = 0
        while start < parts.count {
            guard CodePoint(parts[start]).combiningClass > 0 else {
                start += 1
                continue
            }
            let run = parts[start...].prefix { CodePoint($0).combiningClass > 0 }
            if run.count > 1 { parts.replaceSubrange(run.indices, with: sorted(run)) }
            start = run.endIndex
        }
    }

    private static func sorted(_ run: ArraySlice<Unicode.Scalar>) -> Scalars {
        run.enumerated().map { (CodePoint($1).combiningClass, $0, $1) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
            .map { $0.2 }
    }

    private static func compose(_ parts: Scalars) -> Scalars {
        var result = Scalars()
        result.reserveCapacity(parts.count)
        var starter: Int?
        var lastClass: UInt8 = 0
        for scalar in parts {
            let combiningClass = CodePoint(scalar).combiningClass
            if let starter {
                let isAdjacent = starter == result.count - 1
                if isAdjacent || (lastClass > 0 && lastClass < combiningClass),
                    let made = pair(result[starter], scalar)
                {
                    result[starter] = made
                    continue
                }
            }
            if combiningClass == 0 { starter = result.count }
            lastClass = combiningClass
            result.append(scalar)
        }
        return result
    }

    private static func pair(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
        if second.value < 0x300 { return nil }
        if let syllable = Hangul.compose(first, second) { return syllable }
        guard let triples = martlet_unicode_composition_triples() else { return nil }
        let wanted = UInt64(first.value) << 32 | UInt64(second.value)
        let found = search(MARTLET_UNICODE_COMPOSITIONS, for: wanted) {
            UInt64(triples[3 * $0]) << 32 | UInt64(triples[3 * $0 + 1])
        }
        return found.flatMap { Unicode.Scalar(triples[3 * $0 + 2]) }
    }
}

/// Syllables that are computed rather than listed (Unicode §3.12).
private enum Hangul {
    static let syllables: Range<UInt32> = 0xAC00..<0xAC00 + 11172
    static let leading: Range<UInt32> = 0x1100..<0x1113
    static let vowels: Range<UInt32> = 0x1161..<0x1176
    static let trailing: Range<UInt32> = 0x11A8..<0x11C3

    static func decompose(_ scalar: Unicode.Scalar, into parts: inout Scalars) {
        func put(_ value: UInt32) { Unicode.Scalar(value).map { parts.append($0) } }
        let index = scalar.value - syllables.lowerBound
        put(leading.lowerBound + index / 588)
        put(vowels.lowerBound + index % 588 / 28)
        if index % 28 > 0 { put(trailing.lowerBound - 1 + index % 28) }
    }

    static func compose(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
        if leading.contains(first.value), vowels.contains(second.value) {
            let index = (first.value - leading.lowerBound) * 21 + second.value - vowels.lowerBound
            return Unicode.Scalar(syllables.lowerBound + index * 28)
        }
        guard syllables.contains(first.value), trailing.contains(second.value),
            (first.value - syllables.lowerBound) % 28 == 0
        else { return nil }
        return Unicode.Scalar(first.value + second.value - trailing.lowerBound + 1)
    }
}
