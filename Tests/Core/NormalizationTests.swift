import Testing

@testable import MartletCore

@Suite struct NormalizationTests {
    @Test(arguments: [
        ("D\u{307}", "\u{1E0A}"),
        ("\u{1E0A}\u{323}", "\u{1E0C}\u{307}"),
        ("A\u{315}\u{300}\u{5AE}\u{300}b", "\u{C0}\u{5AE}\u{300}\u{315}b"),
        ("\u{958}", "\u{915}\u{93C}"),  // excluded from composition
        ("\u{340}", "\u{300}"),
        ("\u{344}", "\u{308}\u{301}"),
        ("\u{212B}", "\u{E5}".uppercased()),
        ("\u{2F868}", "\u{36FC}"),
        ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"),
        ("\u{AC00}\u{11A7}", "\u{AC00}\u{11A7}"),
        ("\u{AC01}\u{11A8}", "\u{AC01}\u{11A8}"),
        ("\u{9C7}\u{334}\u{9BE}", "\u{9C7}\u{334}\u{9BE}"),  // blocked
        ("\u{1100}\u{300}\u{1161}", "\u{1100}\u{300}\u{1161}"),
        ("\u{110A5}\u{110BA}", "\u{110AB}"),
        ("\u{FB01}\u{FF21}", "\u{FB01}\u{FF21}"),
    ])
    func `composes as UAX 15 does`(text: String, composed: String) {
        #expect(Normalization.nfc(Scalars(text.unicodeScalars)) == Scalars(composed.unicodeScalars))
    }

    @Test(arguments: [
        ("\u{FB01}\u{FF21}", "fiA"),
        ("\u{1E9B}\u{323}", "\u{1E69}"),
        ("\u{2163}", "IV"),
        ("\u{FF76}\u{FF9E}", "\u{30AC}"),
        ("\u{A0}", " "),
        ("\u{320E}", "(\u{AC00})"),
    ])
    func `composes what is compatible`(text: String, composed: String) {
        #expect(
            Normalization.nfkc(Scalars(text.unicodeScalars)) == Scalars(composed.unicodeScalars)
        )
    }

    @Test func `keeps the meaning of each character, which Swift's strings compare by`() {
        var changed = 0
        for scalar in (UInt32(0)...0x10FFFF).lazy.compactMap(Unicode.Scalar.init)
        where CodePoint(scalar).category != .unassigned {
            let composed = Normalization.nfc([scalar])
            if composed == [scalar] { continue }
            changed += 1
            #expect(String(composed) == String(scalar))
            #expect(Normalization.nfc(composed) == composed)
        }
        #expect(changed == 1120)  // Unicode 15.0: what has NFC_Quick_Check=No
    }

    @Test func `keeps the order of marks of one class`() {
        let text: Scalars = ["a", "\u{301}", "\u{316}", "\u{300}", "\u{317}"]
        #expect(Normalization.nfc(text) == ["\u{E1}", "\u{316}", "\u{317}", "\u{300}"])
    }

    @Test(arguments: [
        ("ΌΔΟΣ", "όδος"), ("Σ", "σ"), ("ΑΣ ΣΑΣ", "ας σας"), ("ΑΣ.", "ας."),
        ("Α\u{301}Σ\u{301}", "α\u{301}ς\u{301}"),
        ("ΑΣ\u{AD}Α", "ασ\u{AD}α"), ("\u{130}I", "i\u{307}i"), ("ẞ", "ß"), ("Ǆ", "ǆ"),
        ("\u{10400}", "\u{10428}"),
        ("Ꭰ", "ꭰ"), ("Ⴀ", "ⴀ"),
    ])
    func `maps capitals, and sigma by its place`(text: String, lower: String) {
        let mapped = Mapping.lowercase(Scalars(text.unicodeScalars))
        #expect(mapped == Scalars(lower.unicodeScalars))
    }
}
