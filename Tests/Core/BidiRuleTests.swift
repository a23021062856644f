import Testing

@testable import MartletCore

/// The six conditions of RFC 5893 §2, and where they are asked for.
@Suite struct BidiRuleTests {
    @Test(arguments: [
        "abc", "a1", "a-b", "\u{E9}", "a\u{300}",
        "\u{5D0}\u{5D1}", "\u{5D0}1", "\u{5D0}-1", "\u{5D0}\u{5B0}", "\u{5D0}1\u{5B0}",
        "\u{627}\u{663}", "\u{627}\u{6F3}", "\u{5D0}+\u{5D1}", "\u{780}\u{7A6}",
    ])
    func `allows one direction`(text: String) {
        #expect(BidiRule.isSatisfied(by: Scalars(text.unicodeScalars)))
    }

    @Test(arguments: [
        "1a", "-a", "\u{300}a", "1\u{5D0}", "\u{663}\u{627}", "\u{5B0}\u{5D0}",  // condition 1
        "\u{5D0}a", "\u{5D0}a\u{5D1}", "\u{5D0}\u{202E}\u{5D1}",  // condition 2
        "\u{5D0}-", "\u{5D0}+\u{5B0}",  // condition 3
        "\u{627}\u{663}1", "\u{627}1\u{663}",  // condition 4
        "a\u{5D0}b", "a\u{663}b", "a\u{202D}b",  // condition 5
        "a-", "a+\u{300}",  // condition 6
        "",
    ])
    func `refuses a mixture`(text: String) {
        #expect(!BidiRule.isSatisfied(by: Scalars(text.unicodeScalars)))
    }

    @Test func `concerns names only when a letter runs from right to left`() throws {
        #expect(!BidiRule.concerns("1-+a".unicodeScalars))
        #expect(try PRECIS.usernameCaseMapped("1-") == "1-")
        #expect(throws: PRECISError.bidi) { try PRECIS.usernameCaseMapped("1\u{5D0}") }
        // OpaqueString has no rule of direction (RFC 8265 §4.2.2).
        #expect(try PRECIS.opaqueString("1\u{5D0}a") == "1\u{5D0}a")
    }

    @Test func `asks it of all labels of a host when one of them runs from right to left`() throws {
        #expect(try JID("1a.example").domainpart == "1a.example")
        #expect(throws: JIDError.disallowed(.domain)) { try JID("1a.\u{5D0}.example") }
        #expect(throws: JIDError.disallowed(.domain)) { try JID("\u{6F0}.\u{63A}") }
        #expect(throws: JIDError.disallowed(.domain)) { try JID("\u{5D0}.1.example") }
        #expect(try JID("a1.\u{5D0}1.example").asciiDomainpart == "a1.xn--1-zhc.example")
    }
}
