import MartletCore
import Testing

/// The tables of RFC 7622 §3.5 and what the text before them says.
@Suite struct JIDTests {
    @Test(
        arguments: [
            ("juliet@example.com", "juliet", "example.com", nil),
            ("juliet@example.com/foo", "juliet", "example.com", "foo"),
            ("juliet@example.com/foo bar", "juliet", "example.com", "foo bar"),
            ("juliet@example.com/foo@bar", "juliet", "example.com", "foo@bar"),
            ("foo\\20bar@example.com", "foo\\20bar", "example.com", nil),
            ("fussball@example.com", "fussball", "example.com", nil),
            ("fu\u{DF}ball@example.com", "fu\u{DF}ball", "example.com", nil),
            ("\u{3C0}@example.com", "\u{3C0}", "example.com", nil),
            ("\u{3A3}@example.com/foo", "\u{3C3}", "example.com", "foo"),
            ("\u{3C3}@example.com/foo", "\u{3C3}", "example.com", "foo"),
            ("\u{3C2}@example.com/foo", "\u{3C2}", "example.com", "foo"),
            ("king@example.com/\u{265A}", "king", "example.com", "\u{265A}"),
            ("example.com", nil, "example.com", nil),
            ("example.com/foobar", nil, "example.com", "foobar"),
            ("a.example.com/b@example.net", nil, "a.example.com", "b@example.net"),
        ] as [(String, String?, String, String?)]
    )
    func `reads every address of RFC 7622, table 1`(
        text: String,
        local: String?,
        domain: String,
        resource: String?
    ) throws {
        let jid = try JID(text)
        #expect(jid.localpart == local)
        #expect(jid.domainpart == domain)
        #expect(jid.resourcepart == resource)
    }

    @Test(arguments: [
        ("\"juliet\"@example.com", JIDError.disallowed(.local)),
        ("foo bar@example.com", .disallowed(.local)),
        ("juliet@example.com/ foo", .disallowed(.resource)),
        ("@example.com/", .empty(.local)),
        ("henry\u{2163}@example.com", .disallowed(.local)),
        ("\u{265A}@example.com", .disallowed(.local)),
        ("juliet@", .empty(.domain)),
        ("/foobar", .empty(.domain)),
    ])
    func `refuses every text of RFC 7622, table 2, and names the part at fault`(
        text: String,
        fault: JIDError
    ) {
        #expect(throws: fault) { try JID(text) }
    }

    @Test(arguments: [
        ("", JIDError.empty(.domain)),
        (".", .empty(.domain)),
        ("@", .empty(.local)),
        ("/", .empty(.domain)),
        ("@/", .empty(.local)),
        ("juliet@/balcony", .empty(.domain)),
        ("juliet@capulet.example/", .empty(.resource)),
        ("juliet@capulet.example@montague.example", .disallowed(.domain)),
        ("juliet\u{0}@capulet.example", .disallowed(.local)),
        ("juliet@capulet\u{0}.example", .disallowed(.domain)),
        ("juliet@capulet.example/bal\u{0}cony", .disallowed(.resource)),
        ("juliet@capulet.example/bal\ncony", .disallowed(.resource)),
        ("juliet@capulet.example/\u{7F}", .disallowed(.resource)),
        ("juliet@capulet.example/\u{3000}cony", .disallowed(.resource)),
        ("juliet@capulet.example/\u{E000}", .disallowed(.resource)),
        ("juliet@capulet.example/\u{FFFE}", .disallowed(.resource)),
        ("juliet@capulet.example/\u{AD}", .disallowed(.resource)),
        ("juliet\u{200B}@capulet.example", .disallowed(.local)),
        ("juliet\u{202E}@capulet.example", .disallowed(.local)),
        ("juliet\u{FF20}montague.example@capulet.example", .disallowed(.local)),
        ("juliet\u{FF0F}x@capulet.example", .disallowed(.local)),
        ("juliet@capulet.example\u{FF0F}x", .disallowed(.domain)),
        ("juliet\u{FF20}capulet.example", .disallowed(.domain)),
        ("<juliet>@capulet.example", .disallowed(.local)),
        ("juliet&romeo@capulet.example", .disallowed(.local)),
        ("o'hara@capulet.example", .disallowed(.local)),
        ("xmpp:juliet@capulet.example", .disallowed(.local)),
        ("juliet @capulet.example", .disallowed(.local)),
        ("juliet\u{A0}@capulet.example", .disallowed(.local)),
        (" juliet@capulet.example", .disallowed(.local)),
        ("juliet@ capulet.example", .disallowed(.domain)),
        ("juliet@capulet.example ", .disallowed(.domain)),
        ("\u{5D0}a@capulet.example", .disallowed(.local)),
        ("\u{378}@capulet.example", .disallowed(.local)),
    ])
    func `refuses what only looks like an address`(text: String, fault: JIDError) {
        #expect(throws: fault) { try JID(text) }
    }

    @Test(arguments: [
        ("Juliet@Capulet.EXAMPLE/Balcony", "juliet@capulet.example/Balcony"),
        ("\u{FF2A}uliet@capulet.example", "juliet@capulet.example"),
        ("JOSE\u{301}@capulet.example", "jos\u{E9}@capulet.example"),
        ("\u{212B}@capulet.example", "\u{E5}@capulet.example"),
        ("\u{1E9E}@capulet.example", "\u{DF}@capulet.example"),
        ("\u{130}@capulet.example", "i\u{307}@capulet.example"),
        ("\u{39F}\u{394}\u{39F}\u{3A3}@capulet.example", "οδος@capulet.example"),
        ("juliet@capulet.example.", "juliet@capulet.example"),
        ("juliet@capulet.example./x", "juliet@capulet.example/x"),
        ("juliet@capulet.example/e\u{301}", "juliet@capulet.example/\u{E9}"),
        ("juliet@capulet.example/a\u{3000}b", "juliet@capulet.example/a b"),
        ("juliet@capulet.example/\u{FF21}", "juliet@capulet.example/\u{FF21}"),
        ("juliet@capulet.example/a/b/", "juliet@capulet.example/a/b/"),
        ("\u{5D0}1@capulet.example", "\u{5D0}1@capulet.example"),
        ("\u{FF76}\u{FF9E}@capulet.example", "\u{30AC}@capulet.example"),
    ])
    func `equals what was written otherwise`(written: String, prepared: String) throws {
        let jid = try JID(written)
        #expect(Array(jid.description.utf8) == Array(prepared.utf8))
        #expect(try jid == JID(prepared))
        #expect(try jid.hashValue == JID(prepared).hashValue)
        #expect(try jid.bareHash == JID(prepared).bareHash)
    }

    @Test func `allows 1023 bytes a part and no more`() throws {
        let longest = String(repeating: "a", count: 1023)
        let jid = try JID("\(longest)@capulet.example/\(longest)")
        #expect(jid.localpart == longest)
        #expect(jid.resourcepart == longest)
        #expect(throws: JIDError.tooLong(.local)) { try JID("\(longest)a@capulet.example") }
        #expect(throws: JIDError.tooLong(.resource)) { try JID("capulet.example/\(longest)a") }
        #expect(throws: JIDError.tooLong(.domain)) { try JID("\(longest)a") }
    }

    @Test func `counts bytes rather than characters, and after preparation`() throws {
        let pi = String(repeating: "\u{3C0}", count: 511)
        #expect(try JID("\(pi)x@capulet.example").localpart?.utf8.count == 1023)
        #expect(throws: JIDError.tooLong(.local)) { try JID("\(pi)xx@capulet.example") }
        // Shorter when it is prepared: full-width letters have three bytes.
        let wide = String(repeating: "\u{FF41}", count: 1023)
        #expect(try JID("\(wide)@capulet.example").localpart?.utf8.count == 1023)
        #expect(throws: JIDError.tooLong(.local)) { try JID("\(wide)a@capulet.example") }
        // Longer when it is prepared: U+023A has two bytes, its lower case three.
        let growing = String(repeating: "\u{23A}", count: 341)
        #expect(try JID("\(growing)@capulet.example").localpart?.utf8.count == 1023)
        #expect(throws: JIDError.tooLong(.local)) { try JID("\(growing)a@capulet.example") }
        #expect(throws: JIDError.tooLong(.resource)) {
            try JID("capulet.example/" + String(repeating: "\u{E9}", count: 100_000))
        }
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xC3], [0xFF],
        ] as [[UInt8]]
    )
    func `refuses bytes that are not UTF-8`(bytes: [UInt8]) {
        for (before, after, part) in [
            ("", "@a.example", JIDError.Part.local), ("a.", "", .domain), ("a/", "", .resource),
        ] {
            let text = Array(before.utf8) + bytes + Array(after.utf8)
            #expect(throws: JIDError.disallowed(part)) {
                try text.withUnsafeBytes { try JID(utf8: $0) }
            }
        }
    }

    @Test func `takes parts one by one`() throws {
        let jid = try JID("Romeo", "Montague.example", "Orchard/east@noon")
        #expect(jid.description == "romeo@montague.example/Orchard/east@noon")
        #expect(throws: JIDError.empty(.local)) { try JID("", "montague.example") }
        #expect(throws: JIDError.empty(.resource)) { try JID(nil, "montague.example", "") }
        #expect(throws: JIDError.disallowed(.local)) { try JID("a@b", "montague.example") }
        #expect(throws: JIDError.disallowed(.domain)) { try JID("a", "montague.example/x") }
    }

    @Test func `says what is wrong in words that are safe to log`() {
        #expect("\(JIDError.empty(.domain))" == "the domainpart is empty")
        #expect("\(JIDError.tooLong(.resource))" == "the resourcepart is too long")
        #expect(JIDError.disallowed(.local).description.hasPrefix("the localpart has a character"))
    }

    @Test func `knows its own parts`() throws {
        let jid = try JID("romeo@montague.example/orchard")
        #expect(try jid.bare == JID("romeo@montague.example"))
        #expect(try jid.domain == JID("montague.example"))
        #expect(jid.with(preparedResource: "hall").description == "romeo@montague.example/hall")
        #expect(jid.bare.with(preparedResource: "orchard") == jid)
        #expect(try jid.with(resource: "e\u{301}").resourcepart == "\u{E9}")
        for resource in ["hall", "Hall (1) ~", "0123456789abcdef", "e\u{301}", "a\u{3000}b"] {
            let joined = try JID("romeo@montague.example/" + resource)
            #expect(try jid.with(resource: resource) == joined)
        }
        #expect(throws: JIDError.disallowed(.resource)) { try jid.with(resource: " hall") }
        #expect(throws: JIDError.tooLong(.resource)) {
            try jid.with(resource: String(repeating: "a", count: 1024))
        }
        #expect(throws: JIDError.empty(.resource)) { try jid.with(resource: "") }
        #expect(throws: JIDError.disallowed(.resource)) { try jid.with(resource: "a\u{0}") }
        #expect(jid.isFull && !jid.isBare && jid.hasLocalpart && !jid.isDomain)
        #expect(jid.domain.isDomain && jid.bare.isBare)
    }

    @Test func `tells accounts, domains and resources apart`() throws {
        let orchard = try JID("romeo@montague.example/orchard")
        let hall = try JID("romeo@montague.example/hall")
        #expect(orchard != hall && orchard.isSameAccount(as: hall))
        #expect(AccountKey(orchard) == AccountKey(hall))
        #expect(AccountKey(orchard).hashValue == AccountKey(hall).hashValue)
        #expect(orchard.bareHash == hall.bareHash)
        #expect(try orchard != JID("romeo@montague.example"))
        #expect(try !orchard.isSameAccount(as: JID("romeo@capulet.example/orchard")))
        #expect(try orchard.hasSameDomain(as: JID("montague.example")))
        #expect(try !orchard.hasSameDomain(as: JID("capulet.example")))
        // The same characters, cut elsewhere.
        #expect(try JID("a@b.example") != JID("b.example/a"))
        #expect(Set([orchard, hall, orchard.bare, hall.bare]).count == 3)
    }
}
