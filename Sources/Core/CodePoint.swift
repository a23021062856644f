internal import CUnicode

/// What the tables know of one code point; one look-up for all of it.
struct CodePoint {
    /// The derived property of RFC 8264 §8; `free` stands for "ID_DIS or FREE_PVAL".
    enum Class: UInt32 { case valid, free, contextJ, contextO, disallowed, unassigned }

    /// Bidi_Class as far as RFC 5893 §2 tells classes apart.
    enum Direction: UInt32 { case l, r, al, an, en, es, cs, et, on, bn, nsm, other }

    /// Joining_Type (RFC 5892 §A.1).
    enum Joining: UInt32 { case none, left, right, dual, transparent, causing }

    /// Script as far as RFC 5892 Appendix A tells scripts apart.
    enum Script: UInt32 { case other, greek, hebrew, kanaOrHan }

    private let record: UInt32

    init(_ scalar: Unicode.Scalar) {
        record = martlet_unicode_record(scalar.value)
    }

    var category: Class { Class(rawValue: record & 7) ?? .disallowed }
    var direction: Direction { Direction(rawValue: record >> 3 & 15) ?? .other }
    var joining: Joining { Joining(rawValue: record >> 7 & 7) ?? .none }
    var script: Script { Script(rawValue: record >> 10 & 3) ?? .other }
    /// Whether IDNA2008 has it PVALID, CONTEXTJ or CONTEXTO (RFC 5892 §3).
    var isInUnicodeLabels: Bool { record >> 12 & 1 == 1 }
    var isMark: Bool { record >> 13 & 1 == 1 }
    /// General category Zs.
    var isSpace: Bool { record >> 14 & 1 == 1 }
    var isCased: Bool { record >> 15 & 1 == 1 }
    var isCaseIgnorable: Bool { record >> 16 & 1 == 1 }
    var combiningClass: UInt8 { UInt8(record >> 24) }
    var isVirama: Bool { combiningClass == 9 }
}

/// Finds the position of `wanted` among `count` ascending keys: tables are sorted by code point.
func search(_ count: Int, for wanted: UInt64, key: (Int) -> UInt64) -> Int? {
    var low = 0
    var high = count
    while low < high {
        let middle = (low + high) / 2
        if key(middle) < wanted { low = middle + 1 } else { high = middle }
    }
    return low < count && key(low) == wanted ? low : nil
}
