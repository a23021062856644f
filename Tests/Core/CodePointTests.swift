import Testing

@testable import MartletCore

/// One code point or more for each step of the algorithm of RFC 8264 §8.
@Suite struct CodePointTests {
    @Test(
        arguments: [
            (.valid, ["\u{DF}", "\u{3C2}", "\u{6FD}", "\u{F0B}", "\u{3007}"]),  // §9.6
            (.contextO, ["\u{B7}", "\u{375}", "\u{5F3}", "\u{30FB}", "\u{660}", "\u{6F9}"]),
            (.disallowed, ["\u{640}", "\u{7FA}", "\u{302E}", "\u{3031}", "\u{303B}"]),
            (.unassigned, ["\u{378}", "\u{530}", "\u{1FFFD}"]),  // §9.10
            (.valid, ["!", "@", "~", "A", "z", "0"]),  // §9.11
            (.contextJ, ["\u{200C}", "\u{200D}"]),  // §9.8
            (.disallowed, ["\u{1100}", "\u{1161}", "\u{11A8}", "\u{A960}", "\u{D7B0}"]),  // §9.9
            (.disallowed, ["\u{AD}", "\u{200B}", "\u{FE0F}", "\u{FFFE}", "\u{E0001}"]),  // §9.13
            (.disallowed, ["\u{0}", "\u{1F}", "\u{7F}", "\u{9F}"]),  // §9.12
            (.free, ["\u{A8}", "\u{2163}", "\u{FB01}", "\u{FF21}", "\u{212B}"]),  // §9.17
            (.valid, ["\u{E9}", "\u{3B1}", "\u{5D0}", "\u{4E00}", "\u{AC00}", "\u{300}"]),  // §9.1
            (.free, ["\u{16EE}", "\u{B2}", "\u{488}"]),  // §9.18
            (.free, [" ", "\u{A0}", "\u{1680}"]),  // §9.14
            (.free, ["\u{2260}", "\u{20AC}", "\u{265A}", "\u{1F600}", "\u{A9}"]),  // §9.15
            (.free, ["\u{A1}", "\u{2014}", "\u{203F}", "\u{AB}", "\u{3001}"]),  // §9.16
            (.disallowed, ["\u{E000}", "\u{F0000}", "\u{10FFFD}", "\u{2028}", "\u{2029}"]),
        ] as [(CodePoint.Class, [Unicode.Scalar])]
    )
    func `has the class that PRECIS derives`(category: CodePoint.Class, scalars: [Unicode.Scalar]) {
        for scalar in scalars { #expect(CodePoint(scalar).category == category) }
    }

    @Test func `counts what IDNA2008 and PRECIS allow in Unicode 15`() {
        var counts: [CodePoint.Class: Int] = [:]
        var inLabels = 0
        for scalar in (UInt32(0)...0x10FFFF).lazy.compactMap(Unicode.Scalar.init) {
            counts[CodePoint(scalar).category, default: 0] += 1
            inLabels += CodePoint(scalar).isInUnicodeLabels ? 1 : 0
        }
        #expect(counts[.contextJ] == 2)
        #expect(counts[.contextO] == 25)
        #expect(inLabels == 133_550)
        #expect(counts[.valid] == 134_975)
        #expect(counts[.free] == 13_382)
        #expect(counts[.unassigned] == 825_279)
    }
}
