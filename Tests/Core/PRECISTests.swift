import MartletCore
import Testing

/// The tables of RFC 8265 §3.5 and §4.3 and of RFC 8266 §3.
@Suite struct PRECISTests {
    @Test(arguments: [
        ("juliet@example.com", "juliet@example.com"),
        ("fussball", "fussball"),
        ("fu\u{DF}ball", "fu\u{DF}ball"),
        ("\u{3C0}", "\u{3C0}"),
        ("\u{3A3}", "\u{3C3}"),
        ("\u{3C3}", "\u{3C3}"),
        ("\u{3C2}", "\u{3C2}"),
        ("Juliet", "juliet"),
    ])
    func `prepares the names of users`(name: String, prepared: String) throws {
        #expect(try PRECIS.usernameCaseMapped(name) == prepared)
    }

    @Test(arguments: [
        ("foo bar", PRECISError.disallowed),
        ("", .empty),
        ("henry\u{2163}", .disallowed),
        ("\u{265A}", .disallowed),
        ("\u{221E}", .disallowed),
        ("\u{5D0}a", .bidi),
        ("a\u{5D0}", .bidi),
        ("\u{1100}", .disallowed),
        ("\u{301C}", .disallowed),
        ("\u{FB00}", .disallowed),
        ("\u{1C5}", .disallowed),
    ])
    func `refuses what is no user's name`(name: String, fault: PRECISError) {
        #expect(throws: fault) { try PRECIS.usernameCaseMapped(name) }
        #expect(throws: fault) { try PRECIS.usernameCasePreserved(name) }
    }

    @Test func `keeps capitals where they matter`() throws {
        #expect(try PRECIS.usernameCasePreserved("Juliet\u{3A3}") == "Juliet\u{3A3}")
        #expect(try PRECIS.usernameCasePreserved("\u{FF2A}uliet") == "Juliet")
    }

    @Test(arguments: [
        ("correct horse battery staple", "correct horse battery staple"),
        ("Correct Horse Battery Staple", "Correct Horse Battery Staple"),
        ("\u{3C0}\u{DF}\u{E5}", "\u{3C0}\u{DF}\u{E5}"),
        ("Jack of \u{2666}s", "Jack of \u{2666}s"),
        ("foo\u{1680}bar", "foo bar"),
        ("\u{A0}\u{2003}\u{3000}", "   "),
        (" two  spaces ", " two  spaces "),
        ("\u{FF21}\u{2163}\u{FB01}", "\u{FF21}\u{2163}\u{FB01}"),
        ("a\u{30A}", "\u{E5}"),
        ("\u{1F426}", "\u{1F426}"),
    ])
    func `prepares passwords`(password: String, prepared: String) throws {
        let made = try PRECIS.opaqueString(password)
        #expect(made.unicodeScalars.elementsEqual(prepared.unicodeScalars))
    }

    @Test(arguments: [
        ("", PRECISError.empty),
        ("my cat is a \u{9}by", .disallowed),
        ("a\u{0}b", .disallowed),
        ("a\u{7F}", .disallowed),
        ("\u{200B}", .disallowed),
        ("\u{200D}", .disallowed),
        ("\u{E000}", .disallowed),
        ("\u{FFFE}", .disallowed),
        ("\u{378}", .disallowed),
    ])
    func `refuses what is no password`(password: String, fault: PRECISError) {
        #expect(throws: fault) { try PRECIS.opaqueString(password) }
    }

    @Test(arguments: [
        ("Foo", "Foo", "foo"),
        ("foo", "foo", "foo"),
        ("Foo Bar", "Foo Bar", "foo bar"),
        ("foo bar", "foo bar", "foo bar"),
        ("  Foo \u{A0} Bar\u{3000}", "Foo Bar", "foo bar"),
        ("\u{3A3}", "\u{3A3}", "\u{3C3}"),
        ("\u{3C3}", "\u{3C3}", "\u{3C3}"),
        ("\u{3C2}", "\u{3C2}", "\u{3C2}"),
        ("\u{265A}", "\u{265A}", "\u{265A}"),
        ("\u{A8}x", "\u{308}x", "\u{308}x"),  // A space appears, and goes in the second round.
        ("Richard \u{2163}", "Richard IV", "richard iv"),
    ])
    func `prepares nicknames, and what they are compared by`(
        nickname: String,
        shown: String,
        key: String
    ) throws {
        #expect(try PRECIS.nickname(nickname) == shown)
        #expect(try PRECIS.nicknameKey(nickname) == key)
    }

    @Test(arguments: ["", " ", "\u{3000} ", "\u{7}"])
    func `refuses nicknames that show nothing`(nickname: String) {
        #expect(throws: PRECISError.self) { try PRECIS.nickname(nickname) }
        #expect(throws: PRECISError.self) { try PRECIS.nicknameKey(nickname) }
    }
}
