import Testing

@testable import MartletCore

/// Each rule of RFC 5892 Appendix A, kept and broken.
@Suite struct ContextualRulesTests {
    @Test(arguments: [
        "abc",
        "\u{915}\u{94D}\u{200C}\u{937}",  // §A.1: after a virama
        "\u{628}\u{200C}\u{628}",  // §A.1: between letters that join
        "\u{628}\u{64B}\u{200C}\u{64C}\u{627}",  // §A.1: marks between do not matter
        "\u{A872}\u{200C}\u{627}",  // §A.1: one that joins to the left alone
        "\u{915}\u{94D}\u{200D}\u{937}",  // §A.2
        "l\u{B7}l", "col\u{B7}lecci\u{F3}",  // §A.3
        "\u{375}\u{3B1}",  // §A.4
        "\u{5D0}\u{5F3}", "\u{5D0}\u{5F3}\u{5D1}",  // §A.5
        "\u{5D0}\u{5F4}\u{5D1}",  // §A.6
        "\u{30FB}\u{30A2}", "\u{3042}\u{30FB}", "\u{6F22}\u{30FB}a",  // §A.7
        "\u{660}\u{669}", "a\u{660}1",  // §A.8
        "\u{6F0}\u{6F9}", "a\u{6F0}1",  // §A.9
    ])
    func `allows a character where its neighbours do`(text: String) {
        #expect(ContextualRules.areSatisfied(by: Scalars(text.unicodeScalars)))
    }

    @Test(arguments: [
        "\u{200C}", "a\u{200C}b", "\u{628}\u{200C}", "\u{200C}\u{628}", "\u{627}\u{200C}\u{628}",
        "\u{628}a\u{200C}\u{628}", "\u{628}\u{200C}\u{200C}\u{628}",
        "\u{200D}", "a\u{200D}b", "\u{628}\u{200D}\u{628}", "\u{200D}\u{94D}",
        "\u{B7}", "l\u{B7}", "\u{B7}l", "L\u{B7}l", "l\u{B7}\u{B7}l", "a\u{B7}a",
        "\u{375}", "\u{3B1}\u{375}", "\u{375}a", "\u{375}\u{430}",
        "\u{5F3}", "\u{5F3}\u{5D0}", "a\u{5F3}", "\u{5F4}", "\u{5F4}\u{5D0}", "\u{627}\u{5F4}",
        "\u{30FB}", "a\u{30FB}b", "\u{AC00}\u{30FB}", "\u{30FB}\u{30FC}\u{3001}a",
        "\u{660}\u{6F0}", "\u{6F9}a\u{669}",
    ])
    func `refuses it elsewhere`(text: String) {
        #expect(!ContextualRules.areSatisfied(by: Scalars(text.unicodeScalars)))
    }

    @Test(arguments: ["l\u{B7}l", "\u{660}\u{661}", "\u{30A2}\u{30FB}\u{30A2}"])
    func `holds in names, passwords and hosts alike`(text: String) throws {
        let isArabic = text.unicodeScalars.first == "\u{660}"
        #expect(try PRECIS.opaqueString(text) == text)
        if !isArabic { #expect(try JID(text, text, text).localpart == text) }
        #expect(throws: PRECISError.disallowed) { try PRECIS.opaqueString("x\u{375}") }
        #expect(throws: PRECISError.disallowed) { try PRECIS.usernameCaseMapped("x\u{B7}l") }
        #expect(throws: JIDError.disallowed(.domain)) { try JID("x\u{B7}l") }
        #expect(throws: JIDError.disallowed(.resource)) { try JID("a.example/x\u{B7}l") }
    }
}
